import { Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Ticket } from "@/api/types";
import { FormDrawer, type Form } from "@/components/form/FormDrawer";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { toast } from "@/components/toast";
import { contactChoices } from "@/features/contact/data";
import { CustomerSelect } from "@/features/customer/CustomerSelect";
import { renewTicket, templatesQuery, ticketName } from "./data";
import { priorities } from "./Priority";

interface Named {
  id: string;
  name: string;
}

interface Values extends Record<string, unknown> {
  customer_id: string;
  contact_id: string | null;
  summary: string;
  description: string;
  priority: Ticket["priority"];
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
  const initial: Values = {
    customer_id: ticket?.customer_id ?? customer?.id ?? "",
    contact_id: ticket?.contact_id ?? contact?.id ?? null,
    summary: ticket?.summary ?? "",
    description: ticket?.description ?? "",
    priority: ticket?.priority ?? "normal",
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
          ? await must(api.PATCH("/api/tickets/{id}", { params: { path: { id: ticket.id }, header: ifMatch(ticket.version) }, body: changed as never }))
          : await must(api.POST("/api/tickets", { body: { ...values, contact_id: values.contact_id ?? undefined } }));
        renewTicket(saved);
        toast(t("saved", { name: ticketName(saved) }));
        onSaved?.(saved);
      }}
    >
      {(form) => (
        <>
          {!ticket && <QuickTicket form={form} />}
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
          <Select label={t("ticket.priority")} data={priorities.map((value) => ({ value, label: t(`priority.${value}`) }))} allowDeselect={false} {...form.getInputProps("priority")} />
        </>
      )}
    </FormDrawer>
  );
}

/** What is asked again and again fills the form with one choice. */
function QuickTicket({ form }: { form: Form<Values> }) {
  const { t } = useTranslation();
  const templates = useQuery(templatesQuery).data ?? [];
  if (templates.length === 0) {
    return null;
  }
  return (
    <Select
      label={t("template.one")}
      description={t("template.help")}
      placeholder={t("template.choose")}
      data={templates.map((x) => ({ value: x.id, label: x.name }))}
      searchable
      clearable
      onChange={(id) => {
        const chosen = templates.find((x) => x.id === id);
        if (chosen) {
          form.setValues({ summary: chosen.summary || chosen.name, description: chosen.description, priority: chosen.priority });
        }
      }}
    />
  );
}
