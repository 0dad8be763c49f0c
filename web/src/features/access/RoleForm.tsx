import { Radio, Stack, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Role } from "@/api/types";
import { Callout } from "@/components/Callout";
import { FormDrawer } from "@/components/form/FormDrawer";
import { listError } from "@/components/form/listError";
import { toast } from "@/components/toast";
import { plainName, purposes } from "./catalogue";
import { type RoleFields, roleTrial, saveRole } from "./data";
import { PermissionPicker } from "./PermissionPicker";
import { useReview } from "./review";
import { Trial } from "./Trial";

interface Props {
  opened: boolean;
  onClose: () => void;
  /** The role that is changed; or that the new one begins as a copy of. */
  role?: Role;
  copy?: boolean;
  /** What a copy holds, where that is less than all. */
  narrower?: string[];
  onSaved: (role: Role) => void;
}

/** Makes a role, alone or as a copy of another, or changes one. */
export function RoleForm({ opened, onClose, role, copy, narrower, onSaved }: Props) {
  const { t } = useTranslation();
  const changes = copy ? undefined : role;
  // Nobody has a new role yet.
  const review = useReview<RoleFields & Record<string, unknown>>(
    (changed) => changes !== undefined && (changed.permissions ?? changed.sensitive_permissions) !== undefined,
    (_, changed) => roleTrial(changed, changes as Role),
  );
  const copyName = narrower ? "use.narrowName" : "rights.role.copyName";
  const initial: RoleFields = {
    name: role ? (copy ? t(copyName, { name: plainName(role.name) }) : role.name) : "",
    description: role?.description ?? "",
    purpose: role?.purpose ?? "devices",
    permissions: narrower ?? role?.permissions ?? [],
    sensitive_permissions: (role?.sensitive_permissions ?? []).filter((name) => !narrower || narrower.includes(name)),
  };
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      size="lg"
      title={!role ? t("newRole") : copy ? t(narrower ? "use.narrowTitle" : "rights.role.copyTitle", { name: plainName(role.name) }) : t("rights.role.edit")}
      required={{ name: t("rights.role.name") }}
      initial={initial as RoleFields & Record<string, unknown>}
      review={review}
      onSave={async (values, changed) => {
        const saved = await saveRole(changes ? changed : values, changes);
        toast(t("saved", { name: saved.name }));
        onSaved(saved);
      }}
    >
      {(form) => (
        <>
          {role && narrower && <Callout tone="neutral">{t("use.narrowText", { name: plainName(role.name) })}</Callout>}
          <TextInput label={t("rights.role.name")} required maxLength={100} data-autofocus {...form.getInputProps("name")} />
          <Textarea label={t("rights.role.description")} autosize minRows={2} maxRows={6} maxLength={2000} {...form.getInputProps("description")} />
          {!role && (
            <Radio.Group
              label={t("rights.role.purpose")}
              description={t("rights.role.purposeHelp")}
              {...form.getInputProps("purpose")}
              onChange={(purpose) => form.setValues({ purpose: purpose as Role["purpose"], permissions: [], sensitive_permissions: [] })}
            >
              <Stack gap={8} mt={8}>
                {purposes.map((purpose) => (
                  <Radio key={purpose} value={purpose} label={t(`rights.purpose.${purpose}`)} description={t(`rights.purposeText.${purpose}`)} />
                ))}
              </Stack>
            </Radio.Group>
          )}
          <PermissionPicker
            label={t("rights.role.permissions")}
            purpose={form.values.purpose}
            value={form.values.permissions}
            onChange={(permissions) => form.setValues({ permissions, sensitive_permissions: form.values.sensitive_permissions.filter((name) => permissions.includes(name)) })}
            marks={form.values.sensitive_permissions}
            onMarks={(marks) => form.setFieldValue("sensitive_permissions", marks)}
            error={listError(form.errors, "permissions") ?? listError(form.errors, "sensitive_permissions")}
          />
          {role && <Trial role={role} fields={form.values} />}
        </>
      )}
    </FormDrawer>
  );
}
