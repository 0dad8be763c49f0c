import { Select } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { isOneOf, type TargetKind } from "./catalogue";
import { targetChoices } from "./places";

interface Props {
  kinds: readonly TargetKind[];
  kind: TargetKind;
  onKind: (kind: TargetKind) => void;
  id: string | null;
  onId: (id: string | null, name: string) => void;
  error?: ReactNode;
  /** Whether a customer stands for its devices. */
  ofDevices?: boolean;
}

/** A choice of what something is about: a kind, and where that has many, one of them. */
export function TargetFields({ kinds, kind, onKind, id, onId, error, ofDevices }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <Select
        label={t("rights.on")}
        data={kinds.map((value) => ({ value, label: value === "customer" && ofDevices ? t("rights.targetDevices") : t(`rights.target.${value}`) }))}
        value={kind}
        allowDeselect={false}
        onChange={(next) => next && onKind(next as TargetKind)}
      />
      {isOneOf(kind) && (
        <RemoteSelect
          key={kind}
          label={t(`rights.which.${kind}`)}
          queryKey={[kind === "device" ? "devices" : kind === "device_group" ? "device-groups" : "customers"]}
          load={(q) => targetChoices(kind, q)}
          value={id}
          onChange={onId}
          error={error}
        />
      )}
    </>
  );
}
