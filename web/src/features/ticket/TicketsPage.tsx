import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Plus, Ticket as TicketIcon, Zap } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { useNew } from "@/app/useNew";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { GuardedButton } from "@/components/GuardedButton";
import { PageHeader } from "@/components/PageHeader";
import { CustomerFilter } from "@/features/customer/CustomerFilter";
import { TicketForm } from "./TicketForm";
import { TicketList } from "./TicketList";

/** The tickets. */
export function TicketsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [creating, setCreating] = useNew();
  if (!can("ticket.view")) {
    return <Forbidden permission="ticket.view" />;
  }
  const add = (
    <GuardedButton needs="ticket.create" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t("ticket.new")}
    </GuardedButton>
  );
  return (
    <>
      <PageHeader
        title={t("nav.tickets")}
        actions={
          <>
            {can("admin.templates") && (
              <Button component={Link} to="/tickets/templates" variant="default" leftSection={<Zap size={15} />}>
                {t("template.title")}
              </Button>
            )}
            {add}
          </>
        }
      />
      <TicketList
        presets={[
          { name: t("ticket.view.all"), search: {} },
          { name: t("ticket.view.open"), search: { status: "open" } },
          { name: t("ticket.view.mine"), search: { assigned_to: "me", status: "open" } },
          { name: t("ticket.view.unassigned"), search: { assigned_to: "none", status: "open" } },
        ]}
        filters={[
          {
            key: "assigned_to",
            label: t("ticket.assigned"),
            options: [
              { value: "me", label: t("ticket.me") },
              { value: "none", label: t("ticket.nobody") },
            ],
          },
          { key: "customer_id", label: t("customer.one"), render: (value, set) => <CustomerFilter value={value} onChange={set} /> },
        ]}
        empty={<EmptyState icon={TicketIcon} title={t("ticket.none")} text={t("ticket.noneText")} action={add} />}
      />
      <TicketForm opened={creating} onClose={() => setCreating(false)} onSaved={(ticket) => goTo(`/tickets/${ticket.id}`)} />
    </>
  );
}
