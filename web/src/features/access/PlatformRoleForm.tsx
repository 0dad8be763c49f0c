import { Radio, Select, Stack, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Permission } from "@/api/types";
import { FormDrawer } from "@/components/form/FormDrawer";
import { listError } from "@/components/form/listError";
import { toast } from "@/components/toast";
import { PermissionPicker } from "./PermissionPicker";
import { type PlatformRole, type PlatformRoleFields, platformRoleTrial, savePlatformRole } from "./platformRoles";
import { useReview } from "./review";

const bases = ["manager", "technician", "read_only"] as const;
const reaches = ["all", "assigned", "teams", "own"] as const;

/** Makes a platform role as a copy of what comes with one of Countersign’s, or changes one. */
export function PlatformRoleForm({ role, catalogue, onClose }: { role?: PlatformRole; catalogue: readonly Permission[]; onClose: () => void }) {
  const { t } = useTranslation();
  const comesWith = (base: PlatformRole["based_on"]) => catalogue.filter((p) => p.comes_with.includes(base)).map((p) => p.name);
  const review = useReview<PlatformRoleFields & Record<string, unknown>>(
    (changed) => role !== undefined && role.people > 0 && (changed.permissions ?? changed.customers) !== undefined,
    (_, changed) => platformRoleTrial(changed, role as PlatformRole),
  );
  const initial: PlatformRoleFields = {
    name: role?.name ?? "",
    description: role?.description ?? "",
    based_on: role?.based_on ?? "technician",
    customers: role?.customers ?? "assigned",
    permissions: role?.permissions ?? comesWith("technician"),
  };
  return (
    <FormDrawer
      opened
      onClose={onClose}
      size="lg"
      title={role ? t("rights.base.edit") : t("rights.base.new")}
      required={{ name: t("rights.role.name") }}
      initial={initial as PlatformRoleFields & Record<string, unknown>}
      review={review}
      onSave={async (values, changed) => {
        await savePlatformRole(role ? changed : values, role);
        toast(t("saved", { name: values.name }));
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("rights.role.name")} required maxLength={100} data-autofocus {...form.getInputProps("name")} />
          <Textarea label={t("rights.role.description")} autosize minRows={2} maxRows={6} maxLength={2000} {...form.getInputProps("description")} />
          {!role && (
            <Radio.Group
              label={t("rights.base.basedOn")}
              description={t("rights.base.basedOnHelp")}
              {...form.getInputProps("based_on")}
              onChange={(base) => form.setValues({ based_on: base as PlatformRole["based_on"], permissions: comesWith(base as PlatformRole["based_on"]) })}
            >
              <Stack gap={8} mt={8}>
                {bases.map((base) => (
                  <Radio key={base} value={base} label={t(`role.${base}`)} description={t(`roleText.${base}`)} />
                ))}
              </Stack>
            </Radio.Group>
          )}
          <Select
            label={t("rights.base.customers")}
            description={t("rights.base.customersHelp")}
            data={reaches.map((value) => ({ value, label: t(`rights.base.reach.${value}`) }))}
            allowDeselect={false}
            {...form.getInputProps("customers")}
          />
          <PermissionPicker
            label={t("rights.base.permissions")}
            description={t("rights.base.permissionsHelp")}
            fits={(p) => form.values.based_on !== "read_only" || p.view}
            value={form.values.permissions}
            onChange={(permissions) => form.setFieldValue("permissions", permissions)}
            error={listError(form.errors, "permissions")}
          />
        </>
      )}
    </FormDrawer>
  );
}
