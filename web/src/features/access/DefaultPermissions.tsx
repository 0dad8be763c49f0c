import { useTranslation } from "react-i18next";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import { defaults, defaultsTrial, saveDefaults } from "./data";
import { PermissionPicker } from "./PermissionPicker";
import { useReview } from "./review";

/** What everybody assigned may do: at one customer, or at all of them. */
export function DefaultPermissions({ customerId }: { customerId?: string }) {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("settings.defaults")} queryKey={["default-permissions", customerId ?? ""]} load={() => defaults(customerId)}>
      {({ permissions, version }) => <Fields key={version} permissions={permissions} version={version} customerId={customerId} />}
    </SettingsCard>
  );
}

function Fields({ permissions, version, customerId }: { permissions: string[]; version: number; customerId?: string }) {
  const { t } = useTranslation();
  const review = useReview<{ permissions: string[] }>(() => true, (values) => defaultsTrial(values.permissions, version, customerId));
  return (
    <SettingsForm initial={{ permissions }} review={review} onSave={(values) => saveDefaults(values.permissions, version, customerId)}>
      {(form) => (
        <PermissionPicker
          label={t("rights.role.permissions")}
          description={customerId ? t("rights.defaults.customerText") : t("rights.defaults.text")}
          fits={(p) => p.purpose === "customers" || p.purpose === "devices"}
          value={form.values.permissions}
          onChange={(next) => form.setFieldValue("permissions", next)}
          error={form.errors.permissions}
        />
      )}
    </SettingsForm>
  );
}
