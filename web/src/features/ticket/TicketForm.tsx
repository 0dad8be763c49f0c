import { Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Ticket } from "@/api/types";
import { queries } from "@/app/services";
import { FormDrawer } from "@/components/form/FormDrawer";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { toast } from "@/components/toast";
import { contactChoices } from "@/features/contact/data";
import { CustomerSelect } from "@/features/customer/CustomerSelect";
import { ticketName, ticketQuery } from "./data";

interface Named {
  id: string;
  name: string;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  ticket?: Ticket;
  customer?: Named;
  contact?: Named;
  onSaved?: (ticket: Ticket) => void;
}

/** Makes or changes a ticket. */
export function TicketForm({ opened, onClose, ticket, customer, contact, onSaved }: Props) {
  const { t } = useTranslation();
  const initial = {
    customer_id: ticket?.customer_id ?? customer?.id ?? "",
    contact_id: ticket?.contact_id ?? contact?.id ?? null,
    summary: ticket?.summary ?? "",
    description: ticket?.description ?? "",
  };
  const known = ticket?.contact_id ? { value: ticket.contact_id, label: ticket.contact_name } : contact ? { value: contact.id, label: contact.name } : null;
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={ticket ? t("ticket.edit") : t("ticket.new")}
      required={{ customer_id: t("customer.one"), summary: t("ticket.summary") }}
      initial={initial}
      onSave={async (values, changed) => {
        const saved = ticket
          ? await must(api.PATCH("/api/tickets/{id}", { params: { path: { id: ticket.id }, header: ifMatch(ticket.version) }, body: changed }))
          : await must(api.POST("/api/tickets", { body: { ...values, contact_id: values.contact_id ?? undefined } }));
        queries.setQueryData(ticketQuery(saved.id).queryKey, saved);
        void queries.invalidateQueries({ queryKey: ["tickets"] });
        toast(t("saved", { name: ticketName(saved) }));
        onSaved?.(saved);
      }}
    >
      {(form) => (
        <>
          {!ticket && (
            <CustomerSelect
              label={t("customer.one")}
              required
              known={customer ? { value: customer.id, label: customer.name } : null}
              {...form.getInputProps("customer_id")}
              value={form.values.customer_id || null}
              onChange={(id) => form.setValues({ customer_id: id ?? "", contact_id: null })}
            />
          )}
          <RemoteSelect
            key={form.values.customer_id}
            label={t("contact.one")}
            placeholder={t("contact.choose")}
            clearable
            disabled={!form.values.customer_id}
            queryKey={["contacts", { customer_id: form.values.customer_id }]}
            load={(q) => contactChoices(q, form.values.customer_id)}
            known={known}
            {...form.getInputProps("contact_id")}
            value={form.values.contact_id}
            onChange={(id) => form.setFieldValue("contact_id", id)}
          />
          <TextInput label={t("ticket.summary")} required maxLength={200} data-autofocus {...form.getInputProps("summary")} />
          <Textarea label={t("ticket.description")} autosize minRows={4} maxRows={14} {...form.getInputProps("description")} />
        </>
      )}
    </FormDrawer>
  );
}
