import { Radio, Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { FormDrawer } from "@/components/form/FormDrawer";
import { isOneOf, placeOf, type TargetKind, targetsOf } from "./catalogue";
import { type NewOverride, type Subject, useCatalogue } from "./data";
import type { Trial } from "./effects";
import { invalid } from "./GrantForm";
import { PermissionSelect } from "./PermissionSelect";
import { useReview } from "./review";
import { TargetFields } from "./TargetFields";
import { fromField, isSpan } from "./times";
import { TimeFields } from "./TimeFields";

interface Values extends Record<string, unknown> {
  permission: string | null;
  effect: "allow" | "deny";
  kind: TargetKind;
  scope: string | null;
  not_before: string;
  expires_at: string;
}

interface Props {
  subject: Subject;
  onClose: () => void;
  onSave: (override: NewOverride) => Promise<void>;
  /** What onSave would send. */
  trial: (override: NewOverride) => Trial;
}

const initial: Values = { permission: null, effect: "allow", kind: "device", scope: null, not_before: "", expires_at: "" };

/** One more override: the permission, whether it is allowed or taken away, and where. */
export function OverrideForm({ subject, onClose, onSave, trial }: Props) {
  const { t } = useTranslation();
  const catalogue = useCatalogue().data ?? [];
  const kindsFor = (name: string | null) => {
    const permission = catalogue.find((p) => p.name === name);
    return permission ? targetsOf(permission.purpose) : [];
  };
  const overrideOf = ({ permission, effect, kind, scope, not_before, expires_at }: Values): NewOverride => {
    if (isOneOf(kind) && !scope) {
      throw invalid("/scope", t("form.requiredField", { field: t(`rights.which.${kind}`) }));
    }
    if (!isSpan(not_before, expires_at)) {
      throw invalid("/expires_at", t("rights.order"));
    }
    return { permission: permission ?? "", effect, scope: placeOf(kind, scope), not_before: fromField(not_before), expires_at: fromField(expires_at) };
  };
  const review = useReview<Values>(() => true, (values) => trial(overrideOf(values)));
  return (
    <FormDrawer
      opened
      onClose={onClose}
      title={t("rights.override.newFor", { name: subject.name })}
      required={{ permission: t("rights.permission") }}
      initial={initial}
      review={review}
      onSave={(values) => onSave(overrideOf(values))}
    >
      {(form) => {
        const kinds = kindsFor(form.values.permission);
        return (
          <>
            <PermissionSelect
              label={t("rights.permission")}
              required
              value={form.values.permission}
              error={form.errors.permission}
              onChange={(permission) => {
                const next = kindsFor(permission);
                form.setValues({ permission, ...(next.includes(form.values.kind) ? {} : { kind: next[0] ?? "device", scope: null }) });
              }}
            />
            <Radio.Group label={t("rights.override.effect")} {...form.getInputProps("effect")}>
              <Stack gap={8} mt={8}>
                <Radio value="allow" label={t("rights.override.allow")} description={t("rights.override.allowText")} />
                <Radio value="deny" label={t("rights.override.deny")} description={t("rights.override.denyText")} />
              </Stack>
            </Radio.Group>
            {kinds.length > 0 && (
              <TargetFields
                kinds={kinds}
                kind={form.values.kind}
                onKind={(kind) => form.setValues({ kind, scope: null })}
                id={form.values.scope}
                onId={(id) => form.setFieldValue("scope", id)}
                error={form.errors.scope}
                ofDevices={kinds.includes("device")}
              />
            )}
            <TimeFields form={form} />
          </>
        );
      }}
    </FormDrawer>
  );
}
