import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { queries } from "@/app/services";
import { PermissionPicker } from "@/features/access/PermissionPicker";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";

function marks(customerId?: string) {
  return customerId ? must(api.GET("/api/customers/{id}/sensitive-permissions", { params: { path: { id: customerId } } })) : must(api.GET("/api/settings/sensitive-permissions"));
}

async function save(permissions: string[], version: number, customerId?: string): Promise<void> {
  const header = ifMatch(version);
  await (customerId
    ? must(api.PUT("/api/customers/{id}/sensitive-permissions", { params: { path: { id: customerId }, header }, body: { permissions } }))
    : must(api.PUT("/api/settings/sensitive-permissions", { params: { header }, body: { permissions } })));
  await Promise.all(["sensitive-permissions", "access"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
}

/** What takes the approval of a second person: everywhere, or at one customer beside that. */
export function SensitivePermissions({ customerId }: { customerId?: string }) {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("settings.sensitive")} queryKey={["sensitive-permissions", customerId ?? ""]} load={() => marks(customerId)}>
      {({ permissions, inherited, version }) => (
        <SettingsForm key={version} initial={{ permissions }} onSave={(values) => save(values.permissions, version, customerId)}>
          {(form) => (
            <PermissionPicker
              label={t("approval.sensitive.label")}
              description={customerId ? t("approval.sensitive.customerText") : t("approval.sensitive.text")}
              fits={(p) => !p.view && (!customerId || p.purpose === "customers" || p.purpose === "devices")}
              given={customerId ? inherited : []}
              givenText={t("approval.sensitive.inherited")}
              unmarked
              value={form.values.permissions}
              onChange={(next) => form.setFieldValue("permissions", next)}
              error={form.errors.permissions}
            />
          )}
        </SettingsForm>
      )}
    </SettingsCard>
  );
}
