import { Input, SegmentedControl, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Customer } from "@/api/types";
import { queries } from "@/app/services";
import { FormDrawer } from "@/components/form/FormDrawer";
import { listError } from "@/components/form/listError";
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
  const initial = {
    name: customer?.name ?? "",
    domains: customer?.domains ?? [],
    status: customer?.status ?? "active",
    phone: customer?.phone ?? "",
    website: customer?.website ?? "",
    address: customer?.address ?? "",
    notes: customer?.notes ?? "",
  };
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
          <Input.Wrapper label={t("customer.status")} description={form.values.status === "inactive" ? t("customer.inactiveHelp") : undefined} labelElement="div">
            <SegmentedControl
              fullWidth
              mt={6}
              aria-label={t("customer.status")}
              data={(["active", "inactive"] as const).map((value) => ({ value, label: t(`state.${value}`) }))}
              {...form.getInputProps("status")}
            />
          </Input.Wrapper>
          <TagsInput
            label={t("customer.domains")}
            description={t("customer.domainsHelp")}
            placeholder={form.values.domains.length === 0 ? "example.com" : undefined}
            splitChars={[",", " ", ";"]}
            {...form.getInputProps("domains")}
            error={listError(form.errors, "domains")}
          />
          <TextInput label={t("customer.phone")} type="tel" placeholder="+1 212 555 0123" {...form.getInputProps("phone")} />
          <TextInput label={t("customer.website")} type="url" placeholder="https://example.com" {...form.getInputProps("website")} />
          <Textarea label={t("customer.address")} autosize minRows={2} maxRows={5} {...form.getInputProps("address")} />
          <Textarea label={t("customer.notes")} description={t("customer.notesHelp")} autosize minRows={3} maxRows={10} {...form.getInputProps("notes")} />
        </>
      )}
    </FormDrawer>
  );
}
