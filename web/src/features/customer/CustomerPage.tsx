import { Button, Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { ChevronDown, ContactRound, Pencil, Plus, ScrollText, Ticket as TicketIcon, Trash2 } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { queries } from "@/app/services";
import { Confirm } from "@/components/Confirm";
import { Detail } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { StateBadge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import { DefaultPermissions } from "@/features/access";
import { trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { SensitivePermissions } from "@/features/approval";
import { Activity } from "@/features/auditlog/Activity";
import { ContactForm } from "@/features/contact/ContactForm";
import { ContactList } from "@/features/contact/ContactList";
import { TicketForm } from "@/features/ticket/TicketForm";
import { TicketList } from "@/features/ticket/TicketList";
import { CustomerPolicy } from "@/features/verify/policy/CustomerPolicy";
import { CustomerForm } from "./CustomerForm";
import { customerQuery } from "./data";
import { DevicesTab } from "./DevicesTab";
import { NotesTab } from "./NotesTab";
import { OverviewTab } from "./OverviewTab";
import { PeopleTab } from "./PeopleTab";

/** One customer: its people and tickets, and who of the staff works for it. */
export function CustomerPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const query = useQuery(customerQuery(id));
  const [open, setOpen] = useState<"edit" | "delete" | "contact" | "ticket" | null>(null);
  const close = () => setOpen(null);
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const customer = query.data;
  if (!customer) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const remove = async () => {
    await must(api.DELETE("/api/customers/{id}", { params: { path: { id }, header: ifMatch(customer.version) } }));
    goTo("/customers");
    queries.removeQueries({ queryKey: customerQuery(id).queryKey });
    void queries.invalidateQueries({ queryKey: ["customers"] });
    toast(t("deleted", { name: customer.name }));
  };
  const newContact = (
    <GuardedButton needs="contact.edit" variant="default" leftSection={<Plus size={15} />} onClick={() => setOpen("contact")}>
      {t("contact.new")}
    </GuardedButton>
  );
  const newTicket = (
    <GuardedButton needs="ticket.create" variant="default" leftSection={<TicketIcon size={15} />} onClick={() => setOpen("ticket")}>
      {t("ticket.new")}
    </GuardedButton>
  );
  return (
    <>
      <Detail
        back={{ to: "/customers", label: t("nav.customers") }}
        title={customer.name}
        badges={customer.status === "inactive" && <StateBadge state="inactive" />}
        subtitle={customer.domains.join(", ")}
        actions={
          <>
            {newContact}
            {newTicket}
            <GuardedButton needs="customer.edit" variant="default" leftSection={<Pencil size={15} />} onClick={() => setOpen("edit")}>
              {t("edit")}
            </GuardedButton>
            {(can("admin.customers") || can("admin.audit")) && (
              <Menu position="bottom-end" width={240} withInitialFocusPlaceholder={false}>
                <Menu.Target>
                  <Button variant="default" rightSection={<ChevronDown size={14} />}>
                    {t("technician.moreActions")}
                  </Button>
                </Menu.Target>
                <Menu.Dropdown>
                  {can("admin.audit") && (
                    <Menu.Item component={Link} to={`/audit?target=${id}`} leftSection={<ScrollText size={15} />}>
                      {t("technician.audit")}
                    </Menu.Item>
                  )}
                  {can("admin.customers") && (
                    <Menu.Item color="red.9" leftSection={<Trash2 size={15} />} onClick={() => setOpen("delete")}>
                      {t("customer.delete")}
                    </Menu.Item>
                  )}
                </Menu.Dropdown>
              </Menu>
            )}
          </>
        }
        tab={tab}
        tabs={[
          { key: "overview", label: t("customer.overview"), content: <OverviewTab customer={customer} /> },
          {
            key: "contacts",
            label: t("nav.contacts"),
            content: <ContactList fixed={{ customer_id: id }} empty={<EmptyState icon={ContactRound} title={t("contact.noneHere")} action={newContact} />} />,
          },
          {
            key: "tickets",
            label: t("nav.tickets"),
            content: <TicketList fixed={{ customer_id: id }} empty={<EmptyState icon={TicketIcon} title={t("ticket.noneHere")} action={newTicket} />} />,
          },
          { key: "people", label: t("customer.people"), content: <PeopleTab id={id} /> },
          { key: "verification", label: t("policy.tab"), content: <CustomerPolicy id={id} /> },
          ...(can("device.view") ? [{ key: "devices", label: t("nav.devices"), content: <DevicesTab id={id} /> }] : []),
          ...(can("admin.roles")
            ? [
                {
                  key: "permissions",
                  label: t("settings.defaults"),
                  content: (
                    <Suspense fallback={<Loading rows={5} height={36} />}>
                      <DefaultPermissions customerId={id} />
                      <SensitivePermissions customerId={id} />
                    </Suspense>
                  ),
                },
              ]
            : []),
          { key: "notes", label: t("customer.notes"), content: <NotesTab notes={customer.notes} onEdit={() => setOpen("edit")} /> },
          ...(can("admin.audit") ? [{ key: "activity", label: t("activity.title"), content: <Activity target={id} /> }] : []),
        ]}
      />
      <CustomerForm key={customer.version} opened={open === "edit"} onClose={close} customer={customer} />
      <ContactForm opened={open === "contact"} onClose={close} customer={customer} onSaved={(contact) => goTo(`/contacts/${contact.id}`)} />
      <TicketForm opened={open === "ticket"} onClose={close} customer={customer} onSaved={(ticket) => goTo(`/tickets/${ticket.id}`)} />
      <Confirm opened={open === "delete"} onClose={close} title={t("customer.delete")} action={t("delete")} typed={customer.name} onConfirm={remove}>
        {t("customer.deleteText", { name: customer.name, contacts: customer.contact_count })}
        <EffectOf trial={trialOf("DELETE", `/api/customers/${id}`, { version: customer.version })} />
      </Confirm>
    </>
  );
}
