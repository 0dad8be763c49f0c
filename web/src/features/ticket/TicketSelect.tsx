import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Ticket } from "@/api/types";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { ticketName } from "./data";

interface Props {
  label: string;
  customerId: string;
  value: string | null;
  known?: Pick<Ticket, "id" | "number" | "summary"> | null;
  onChange: (id: string | null) => void;
  clearable?: boolean;
  size?: string;
}

/** A choice among the open tickets of a customer. */
export function TicketSelect({ label, customerId, value, known, onChange, clearable, size }: Props) {
  const { t } = useTranslation();
  return (
    <RemoteSelect
      label={label}
      size={size}
      placeholder={t("ticket.choose")}
      clearable={clearable}
      queryKey={["tickets", { customer_id: customerId, status: "open" }]}
      load={async (q) => {
        const query = { customer_id: customerId, status: "open", sort: "-updated_at", limit: 20, q: q || undefined } as const;
        const page = await must(api.GET("/api/tickets", { params: { query } }));
        return page.items.map((ticket) => ({ value: ticket.id, label: ticketName(ticket) }));
      }}
      known={known ? { value: known.id, label: ticketName(known) } : null}
      value={value}
      onChange={(id) => onChange(id)}
    />
  );
}
