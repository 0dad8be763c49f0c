import { Radio, Stack, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Role } from "@/api/types";
import { useCan } from "@/app/me";
import { Callout } from "@/components/Callout";
import { type Form, FormDrawer } from "@/components/form/FormDrawer";
import { listError } from "@/components/form/listError";
import { toast } from "@/components/toast";
import { plainName, purposes } from "./catalogue";
import { holderOf, movableQuery, type Moves, narrowerOf, narrowRole, narrowTrial, type RoleFields, roleTrial, saveRole } from "./data";
import { invalid } from "./GrantForm";
import { MoveFields } from "./MoveFields";
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
  /** Whom a narrower one is for, if it is for one: type and id. */
  holder?: string;
  onSaved: (role: Pick<Role, "id" | "name">) => void;
}

type Values = RoleFields & Moves & Record<string, unknown>;

/** Makes a role, alone or as a copy of another, or changes one. */
export function RoleForm({ opened, onClose, role, copy, narrower, holder, onSaved }: Props) {
  const { t } = useTranslation();
  const changes = copy ? undefined : role;
  const gives = useCan()("admin.technicians");
  const grants = useQuery({ ...movableQuery(role ?? { id: "", version: 0 }), enabled: opened && gives && narrower !== undefined && role !== undefined }).data ?? [];
  const moved = (values: Values) => {
    if (values.move === "one" && !grants.some((grant) => holderOf(grant) === values.subject)) {
      throw invalid("/subject", t("form.requiredField", { field: t("use.move.who") }));
    }
    return narrowerOf(values, values, grants);
  };
  // Nobody has a new role yet, unless grants move to it.
  const review = useReview<Values>(
    (changed) => (changes ? (changed.permissions ?? changed.sensitive_permissions) !== undefined : changed.move !== undefined),
    (values, changed) => (changes ? roleTrial(changed, changes) : narrowTrial(role as Role, moved(values))),
  );
  const copyName = narrower ? "use.narrowName" : "rights.role.copyName";
  const initial: Values = {
    name: role ? (copy ? t(copyName, { name: plainName(role.name) }) : role.name) : "",
    description: role?.description ?? "",
    purpose: role?.purpose ?? "devices",
    permissions: narrower ?? role?.permissions ?? [],
    sensitive_permissions: (role?.sensitive_permissions ?? []).filter((name) => !narrower || narrower.includes(name)),
    move: "none",
    subject: holder ?? null,
  };
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      size="lg"
      title={!role ? t("newRole") : copy ? t(narrower ? "use.narrowTitle" : "rights.role.copyTitle", { name: plainName(role.name) }) : t("rights.role.edit")}
      required={{ name: t("rights.role.name") }}
      initial={initial}
      review={review}
      onSave={async (values, changed) => {
        if (role && narrower && values.move !== "none") {
          const made = await narrowRole(role, moved(values));
          toast(t("use.move.done", { count: made.moved, name: made.name }));
          onSaved(made);
          return;
        }
        const { move: _move, subject: _subject, ...fields } = changes ? changed : values;
        const saved = await saveRole(fields, changes);
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
          {role && narrower && grants.length > 0 && <MoveFields name={role.name} grants={grants} form={form as unknown as Form<Moves & Record<string, unknown>>} />}
          {role && <Trial role={role} fields={form.values} />}
        </>
      )}
    </FormDrawer>
  );
}
