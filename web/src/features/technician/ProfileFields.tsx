import { NativeSelect, TagsInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Form } from "@/components/form/FormDrawer";
import { RowsField } from "@/components/form/RowsField";
import { listError } from "@/components/form/listError";
import type { TechnicianValues } from "./values";

const kinds = ["mobile", "landline", "other"] as const;

/** Who somebody is and how to reach them. */
export function ProfileFields({ form }: { form: Form<TechnicianValues> }) {
  const { t } = useTranslation();
  const derived = [form.values.given_name, form.values.family_name].filter(Boolean).join(" ");
  return (
    <>
      <TextInput label={t("technician.givenName")} autoComplete="off" data-autofocus {...form.getInputProps("given_name")} />
      <TextInput label={t("technician.familyName")} autoComplete="off" {...form.getInputProps("family_name")} />
      <TextInput label={t("technician.displayName")} description={t("technician.displayNameHelp")} placeholder={derived} autoComplete="off" {...form.getInputProps("display_name")} />
      <TextInput label={t("technician.email")} description={t("technician.emailHelp")} type="email" required autoComplete="off" {...form.getInputProps("email")} />
      <TextInput label={t("technician.phone")} type="tel" description={t("technician.phoneHelp")} autoComplete="off" {...form.getInputProps("phone")} />
      <RowsField
        legend={t("technician.otherPhones")}
        count={form.values.other_phones.length}
        error={form.errors.other_phones}
        add={t("contact.addPhone")}
        onAdd={() => form.insertListItem("other_phones", { number: "", kind: "mobile" })}
        onRemove={(i) => form.removeListItem("other_phones", i)}
      >
        {(i) => (
          <>
            <TextInput type="tel" aria-label={`${t("contact.phone")} ${i + 1}`} placeholder="+1 212 555 0123" error={form.errors[`other_phones.${i}`]} {...form.getInputProps(`other_phones.${i}.number`)} />
            <NativeSelect
              aria-label={`${t("contact.phoneKind")} ${i + 1}`}
              data={kinds.map((value) => ({ value, label: t(`technician.kind.${value}`) }))}
              {...form.getInputProps(`other_phones.${i}.kind`)}
            />
          </>
        )}
      </RowsField>
      <TextInput label={t("technician.job")} {...form.getInputProps("job_title")} />
      <TextInput label={t("technician.department")} {...form.getInputProps("department")} />
      <TagsInput
        label={t("technician.usernames")}
        description={t("technician.usernamesHelp")}
        placeholder={form.values.usernames.length === 0 ? "connectwise:pende" : undefined}
        splitChars={[",", ";"]}
        {...form.getInputProps("usernames")}
        error={listError(form.errors, "usernames")}
      />
    </>
  );
}
