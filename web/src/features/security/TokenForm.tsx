import { Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { NewToken } from "@/api/types";
import { useCan } from "@/app/me";
import { FormDrawer } from "@/components/form/FormDrawer";
import { listError } from "@/components/form/listError";
import { PermissionPicker } from "@/features/access/PermissionPicker";

interface Props {
  opened: boolean;
  onClose: () => void;
  onMade: (token: NewToken) => void;
}

/** Makes an API token: a name, how long it lives, and what it may do at most. */
export function TokenForm({ opened, onClose, onMade }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={t("settings.tokens.new")}
      size="lg"
      save={t("settings.tokens.create")}
      required={{ name: t("settings.tokens.name") }}
      initial={{ name: "", expires_in_hours: "2160", permissions: [] as string[] }}
      onSave={async ({ name, expires_in_hours, permissions }) => {
        const body = { name, expires_in_hours: Number(expires_in_hours), ...(permissions.length > 0 ? { permissions } : {}) };
        onMade((await must(api.POST("/api/tokens", { body }))) as NewToken);
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("settings.tokens.name")} description={t("settings.tokens.nameHelp")} required data-autofocus {...form.getInputProps("name")} />
          <Select
            label={t("settings.tokens.life")}
            data={[
              { value: "24", label: t("settings.tokens.lives.day") },
              { value: "720", label: t("settings.tokens.lives.month") },
              { value: "2160", label: t("settings.tokens.lives.quarter") },
              { value: "8760", label: t("settings.tokens.lives.year") },
            ]}
            allowDeselect={false}
            {...form.getInputProps("expires_in_hours")}
          />
          <PermissionPicker
            label={t("settings.tokens.permissions")}
            description={t("settings.tokens.permissionsHelp")}
            fits={(p) => can(p.name)}
            value={form.values.permissions}
            onChange={(permissions) => form.setFieldValue("permissions", permissions)}
            error={listError(form.errors, "permissions")}
          />
        </>
      )}
    </FormDrawer>
  );
}
