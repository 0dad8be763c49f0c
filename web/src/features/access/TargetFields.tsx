import { Select } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { type AskedKind, isOneOf, type OneOf } from "./catalogue";
import { targetChoices } from "./places";

interface Props<K extends AskedKind> {
  kinds: readonly K[];
  kind: K;
  onKind: (kind: K) => void;
  id: string | null;
  onId: (id: string | null, name: string) => void;
  error?: ReactNode;
  /** Whether a customer stands for its devices. */
  ofDevices?: boolean;
}

const lists: Record<OneOf, string> = { device: "devices", device_group: "device-groups", customer: "customers", contact: "contacts", ticket: "tickets" };

/** A choice of what something is about: a kind, and where that has many, one of them. */
export function TargetFields<K extends AskedKind>({ kinds, kind, onKind, id, onId, error, ofDevices }: Props<K>) {
  const { t } = useTranslation();
  return (
    <>
      <Select
        label={t("rights.on")}
        data={kinds.map((value) => ({ value, label: value === "customer" && ofDevices ? t("rights.targetDevices") : t(`rights.target.${value}`) }))}
        value={kind}
        allowDeselect={false}
        onChange={(next) => next && onKind(next as K)}
      />
      {isOneOf(kind) && (
        <RemoteSelect
          key={kind}
          label={t(`rights.which.${kind}`)}
          queryKey={[lists[kind]]}
          load={(q) => targetChoices(kind, q)}
          value={id}
          onChange={onId}
          error={error}
        />
      )}
    </>
  );
}
