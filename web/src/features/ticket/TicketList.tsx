import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query, Ticket } from "@/api/types";
import { List } from "@/components/list/List";
import type { Filter } from "@/components/list/Toolbar";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { ticketName, ticketStates } from "./data";
import { Priority, priorities } from "./Priority";

interface Props {
  filters?: Filter[];
  /** The views that everybody has; given on the page of all tickets. */
  presets?: { name: string; search: Record<string, string> }[];
  fixed?: { customer_id?: string; contact_id?: string; assigned_to?: string };
  empty: ReactNode;
}

/** Tickets, everywhere they are listed. */
export function TicketList({ filters, presets, fixed, empty }: Props) {
  const { t } = useTranslation();
  return (
    <List
      name="tickets"
      label={t("nav.tickets")}
      queryKey={["tickets"]}
      load={(query: Query<"/api/tickets">, signal: AbortSignal) => must(api.GET("/api/tickets", { params: { query }, signal }))}
      rowId={(x) => x.id}
      href={(x) => `/tickets/${x.id}`}
      secondary={(x) => [fixed?.customer_id ? null : x.customer_name, fixed?.contact_id ? null : x.contact_name].filter(Boolean).join(" · ")}
      filters={[
        { key: "status", label: t("ticket.status"), pinned: true, options: ticketStates.map((value) => ({ value, label: t(`state.${value}`) })) },
        { key: "priority", label: t("ticket.priority"), options: priorities.map((value) => ({ value, label: t(`priority.${value}`) })) },
        ...(filters ?? []),
      ]}
      presets={presets}
      fixed={fixed}
      defaultSort="-number"
      exportHref="/api/tickets.csv"
      empty={empty}
      columns={[
        { key: "summary", header: t("ticket.one"), sort: "number", cell: (x) => ticketName(x) },
        ...(fixed?.customer_id || fixed?.contact_id ? [] : [{ key: "customer", header: t("customer.one"), hide: "tablet" as const, cell: (x: Ticket) => x.customer_name }]),
        ...(fixed?.contact_id ? [] : [{ key: "contact", header: t("contact.one"), hide: "laptop" as const, cell: (x: Ticket) => x.contact_name }]),
        { key: "priority", header: t("ticket.priority"), width: "110px", hide: "tablet", cell: (x) => <Priority value={x.priority} /> },
        ...(fixed?.assigned_to ? [] : [{ key: "assigned", header: t("ticket.assigned"), hide: "tablet" as const, cell: (x: Ticket) => <Assignee to={x.assigned_to} /> }]),
        { key: "status", header: t("ticket.status"), width: "110px", cell: (x) => <StateBadge state={x.status} /> },
        { key: "updated", header: t("ticket.updated"), sort: "updated_at", hide: "phone", width: "150px", cell: (x) => <RelativeTime at={x.updated_at} /> },
        { key: "opened", header: t("ticket.opened"), sort: "created_at", optional: true, hide: "tablet", width: "150px", cell: (x) => <RelativeTime at={x.created_at} /> },
      ]}
    />
  );
}

/** Who works on a ticket, and that they no longer can. */
function Assignee({ to }: { to: Ticket["assigned_to"] }) {
  const { t } = useTranslation();
  if (to === null) {
    return "–";
  }
  return to.active ? to.name : t("ticket.assignedGone", { name: to.name });
}
