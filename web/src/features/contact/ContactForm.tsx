import { Checkbox, NativeSelect, Select, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Contact, Phone } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { FormDrawer } from "@/components/form/FormDrawer";
import { listError } from "@/components/form/listError";
import { RowsField } from "@/components/form/RowsField";
import { toast } from "@/components/toast";
import { CustomerSelect } from "@/features/customer/CustomerSelect";
import classes from "./ContactForm.module.css";
import { type CustomField, fieldChanges, fieldsOf, rowsOf } from "./customFields";
import { contactQuery } from "./data";
import { languages } from "./languages";

interface Values extends Record<string, unknown> {
  customer_id: string;
  name: string;
  job_title: string;
  department: string;
  emails: string[];
  phones: Phone[];
  language: string;
  vip: boolean;
  approver: boolean;
  custom_fields: CustomField[];
  notes: string;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  /** The contact to change; without it a new one is made. */
  contact?: Contact;
  /** The customer of a new one. */
  customer?: { id: string; name: string };
  onSaved?: (contact: Contact) => void;
}

/** Makes or changes a contact. */
export function ContactForm({ opened, onClose, contact, customer, onSaved }: Props) {
  const { t } = useTranslation();
  const initial: Values = contact
    ? {
        customer_id: contact.customer_id,
        name: contact.name,
        job_title: contact.job_title,
        department: contact.department,
        emails: contact.emails,
        phones: contact.phones,
        language: contact.language,
        vip: contact.vip,
        approver: contact.approver,
        custom_fields: rowsOf(contact.custom_fields),
        notes: contact.notes,
      }
    : {
        customer_id: customer?.id ?? "",
        name: "",
        job_title: "",
        department: "",
        emails: [""],
        phones: [{ number: "", kind: "mobile" }],
        language: "",
        vip: false,
        approver: false,
        custom_fields: [],
        notes: "",
      };
  // What another system keeps up to date is changed there; what only Countersign knows is changed here.
  const kept = contact !== undefined && !contact.editable;

  const save = async (values: Values, changed: Partial<Values>) => {
    const saved = contact
      ? await must(
          api.PATCH("/api/contacts/{id}", {
            params: { path: { id: contact.id }, header: ifMatch(contact.version) },
            body: { ...changed, ...(changed.custom_fields ? { custom_fields: fieldChanges(contact.custom_fields, changed.custom_fields) } : {}) } as never,
          }),
        )
      : await must(api.POST("/api/contacts", { body: withoutBlank(values) }));
    queries.setQueryData(contactQuery(saved.id).queryKey, saved);
    void queries.invalidateQueries({ queryKey: ["contacts"] });
    void queries.invalidateQueries({ queryKey: ["panel", saved.id] });
    toast(t("saved", { name: saved.name }));
    onSaved?.(saved);
  };

  return (
    <FormDrawer opened={opened} onClose={onClose} title={contact ? t("contact.edit") : t("contact.new")} initial={initial} required={{ customer_id: t("customer.one"), name: t("contact.name") }} onSave={save}>
      {(form) => (
        <>
          {!contact && (
            <CustomerSelect
              label={t("customer.one")}
              required
              known={customer ? { value: customer.id, label: customer.name } : null}
              {...form.getInputProps("customer_id")}
              value={form.values.customer_id || null}
              onChange={(id) => form.setFieldValue("customer_id", id ?? "")}
            />
          )}
          {kept && <Callout tone="neutral">{t("contact.sourced", { source: contact.source })}</Callout>}
          <fieldset className={classes.kept} disabled={kept}>
            <TextInput label={t("contact.name")} required data-autofocus {...form.getInputProps("name")} />
            <TextInput label={t("contact.job")} {...form.getInputProps("job_title")} />
            <TextInput label={t("contact.department")} {...form.getInputProps("department")} />
            <RowsField
              legend={t("contact.phones")}
              count={form.values.phones.length}
              error={form.errors.phones}
              add={t("contact.addPhone")}
              onAdd={() => form.insertListItem("phones", { number: "", kind: "mobile" })}
              onRemove={(i) => form.removeListItem("phones", i)}
            >
              {(i) => (
                <>
                  <TextInput
                    type="tel"
                    aria-label={`${t("contact.phone")} ${i + 1}`}
                    placeholder="+1 212 555 0123"
                    error={form.errors[`phones.${i}`]}
                    {...form.getInputProps(`phones.${i}.number`)}
                  />
                  <NativeSelect
                    aria-label={`${t("contact.phoneKind")} ${i + 1}`}
                    data={[
                      { value: "mobile", label: t("contact.mobile") },
                      { value: "landline", label: t("contact.landline") },
                    ]}
                    {...form.getInputProps(`phones.${i}.kind`)}
                  />
                </>
              )}
            </RowsField>
            <RowsField
              legend={t("contact.emails")}
              count={form.values.emails.length}
              error={form.errors.emails}
              add={t("contact.addEmail")}
              onAdd={() => form.insertListItem("emails", "")}
              onRemove={(i) => form.removeListItem("emails", i)}
            >
              {(i) => <TextInput type="email" aria-label={`${t("contact.email")} ${i + 1}`} {...form.getInputProps(`emails.${i}`)} />}
            </RowsField>
            <Select
              label={t("contact.language")}
              description={t("contact.languageHelp")}
              data={[{ value: "", label: t("contact.languageUnset") }, ...languages]}
              allowDeselect={false}
              disabled={kept}
              {...form.getInputProps("language")}
            />
          </fieldset>
          <Checkbox label={t("contact.vip")} {...form.getInputProps("vip", { type: "checkbox" })} />
          <Checkbox label={t("contact.approver")} description={t("contact.approverHelp")} {...form.getInputProps("approver", { type: "checkbox" })} />
          <RowsField
            legend={t("contact.custom")}
            count={form.values.custom_fields.length}
            error={listError(form.errors, "custom_fields")}
            add={t("contact.addCustom")}
            max={30}
            onAdd={() => form.insertListItem("custom_fields", { name: "", value: "" })}
            onRemove={(i) => form.removeListItem("custom_fields", i)}
          >
            {(i) => (
              <>
                <TextInput maxLength={60} aria-label={`${t("contact.customName")} ${i + 1}`} placeholder={t("contact.customName")} {...form.getInputProps(`custom_fields.${i}.name`)} />
                <TextInput maxLength={500} aria-label={`${t("contact.customValue")} ${i + 1}`} placeholder={t("contact.customValue")} {...form.getInputProps(`custom_fields.${i}.value`)} />
              </>
            )}
          </RowsField>
          <Textarea label={t("contact.notes")} autosize minRows={2} maxRows={8} {...form.getInputProps("notes")} />
        </>
      )}
    </FormDrawer>
  );
}

/** A new contact without the rows that were left empty. */
function withoutBlank(values: Values) {
  return { ...values, emails: values.emails.filter((e) => e.trim()), phones: values.phones.filter((p) => p.number.trim()), custom_fields: fieldsOf(values.custom_fields) };
}
