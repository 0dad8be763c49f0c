import { TagsInput, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Customer } from "@/api/types";
import { queries } from "@/app/services";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import { customerQuery } from "./data";

interface Props {
  opened: boolean;
  onClose: () => void;
  customer?: Customer;
  onSaved?: (customer: Customer) => void;
}

/** Makes or changes a customer. */
export function CustomerForm({ opened, onClose, customer, onSaved }: Props) {
  const { t } = useTranslation();
  const initial = { name: customer?.name ?? "", domains: customer?.domains ?? [], notes: customer?.notes ?? "" };
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={customer ? t("customer.edit") : t("customer.new")}
      required={{ name: t("customer.name") }}
      initial={initial}
      onSave={async (values, changed) => {
        const saved = customer
          ? await must(api.PATCH("/api/customers/{id}", { params: { path: { id: customer.id }, header: ifMatch(customer.version) }, body: changed }))
          : await must(api.POST("/api/customers", { body: values }));
        queries.setQueryData(customerQuery(saved.id).queryKey, saved);
        void queries.invalidateQueries({ queryKey: ["customers"] });
        toast(t("saved", { name: saved.name }));
        onSaved?.(saved);
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("customer.name")} required data-autofocus {...form.getInputProps("name")} />
          <TagsInput
            label={t("customer.domains")}
            description={t("customer.domainsHelp")}
            placeholder={form.values.domains.length === 0 ? "example.com" : undefined}
            splitChars={[",", " ", ";"]}
            {...form.getInputProps("domains")}
            error={form.errors.domains ?? Object.entries(form.errors).find(([path]) => path.startsWith("domains."))?.[1]}
          />
          <Textarea label={t("customer.notes")} autosize minRows={3} maxRows={10} {...form.getInputProps("notes")} />
        </>
      )}
    </FormDrawer>
  );
}
