import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { ticketName } from "@/features/ticket/data";

/** A choice among the open tickets of every customer. */
export function TicketField({ value, onChange, error }: { value: string | null; onChange: (id: string | null) => void; error?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <RemoteSelect
      label={t("approval.ask.ticket")}
      description={t("approval.ask.ticketHelp")}
      placeholder={t("ticket.choose")}
      clearable
      queryKey={["tickets", { status: "open" }]}
      load={async (q) => {
        const query = { status: "open", sort: "-updated_at", limit: 20, q: q || undefined } as const;
        return (await must(api.GET("/api/tickets", { params: { query } }))).items.map((ticket) => ({ value: ticket.id, label: ticketName(ticket) }));
      }}
      value={value}
      onChange={(id) => onChange(id)}
      error={error}
    />
  );
}
