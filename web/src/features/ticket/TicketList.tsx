import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query, Ticket } from "@/api/types";
import { List } from "@/components/list/List";
import type { Filter } from "@/components/list/Toolbar";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { ticketName } from "./data";

interface Props {
  filters?: Filter[];
  fixed?: { customer_id?: string; contact_id?: string };
  empty: ReactNode;
}

/** Tickets, everywhere they are listed. */
export function TicketList({ filters, fixed, empty }: Props) {
  const { t } = useTranslation();
  const status: Filter = {
    key: "status",
    label: t("ticket.status"),
    options: [
      { value: "open", label: t("state.open") },
      { value: "closed", label: t("state.closed") },
    ],
  };
  return (
    <List
      label={t("nav.tickets")}
      queryKey={["tickets"]}
      load={(query: Query<"/api/tickets">, signal: AbortSignal) => must(api.GET("/api/tickets", { params: { query }, signal }))}
      rowId={(x) => x.id}
      href={(x) => `/tickets/${x.id}`}
      filters={[status, ...(filters ?? [])]}
      fixed={fixed}
      defaultSort="-number"
      empty={empty}
      columns={[
        { key: "summary", header: t("ticket.one"), sort: "number", cell: (x) => ticketName(x) },
        ...(fixed ? [] : [{ key: "customer", header: t("customer.one"), hide: "phone" as const, cell: (x: Ticket) => x.customer_name }]),
        ...(fixed?.contact_id ? [] : [{ key: "contact", header: t("contact.one"), hide: "tablet" as const, cell: (x: Ticket) => x.contact_name }]),
        { key: "status", header: t("ticket.status"), width: "110px", cell: (x) => <StateBadge state={x.status} /> },
        { key: "updated", header: t("ticket.updated"), sort: "updated_at", hide: "phone", width: "150px", cell: (x) => <RelativeTime at={x.updated_at} /> },
      ]}
    />
  );
}
