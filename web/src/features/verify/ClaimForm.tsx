import { Button, SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { TechnicianVerification } from "@/api/types";
import { useCan } from "@/app/me";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { openTicketsQuery } from "@/features/ticket/data";
import { TicketSelect } from "@/features/ticket/TicketSelect";
import { rememberClaim } from "./claimed";
import { renewVerifications, requestQuery } from "./data";
import classes from "./RequestCard.module.css";

/** Ties a request to a ticket of its customer, an open one or a new one. Only then the code is seen. */
export function ClaimForm({ request, onCancel }: { request: TechnicianVerification; onCancel: () => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const tickets = useQuery(openTicketsQuery(request.customer_id));
  const usual = tickets.data?.items.find((ticket) => ticket.contact_id === request.contact_id) ?? tickets.data?.items[0];
  const [chosen, setChosen] = useState<string | null>(null);
  const [way, setWay] = useState<"open" | "new" | null>(null);
  const [summary, setSummary] = useState(t("request.newSummary", { name: request.contact_name }));
  const ticketId = chosen ?? usual?.id ?? null;
  const mode = way ?? (tickets.isSuccess && !usual ? "new" : "open");

  const claim = useMutation({
    mutationFn: async () => {
      let id = ticketId;
      if (mode === "new") {
        const body = { customer_id: request.customer_id, contact_id: request.contact_id, summary: summary.trim() };
        id = (await must(api.POST("/api/tickets", { body }))).id;
        void queries.invalidateQueries({ queryKey: ["tickets"] });
        setChosen(id);
        setWay("open");
      }
      return must(api.POST("/api/technician-verifications/{id}/claim", { params: { path: { id: request.id } }, body: { ticket_id: id ?? "" } }));
    },
    onSuccess: (claimed) => {
      rememberClaim(claimed.id);
      queries.setQueryData(requestQuery(claimed.id).queryKey, claimed);
    },
    onSettled: () => renewVerifications(request.contact_id),
  });

  return (
    <form
      className={classes.claim}
      onSubmit={(event) => {
        event.preventDefault();
        claim.mutate();
      }}
    >
      {claim.isError && <Callout tone="denied">{problemText(claim.error, t)}</Callout>}
      <div className={classes.fields}>
        <SegmentedControl
          aria-label={t("request.ticket")}
          value={mode}
          onChange={(value) => setWay(value as "open" | "new")}
          data={[
            { value: "open", label: t("request.openTicket") },
            { value: "new", label: t("request.newTicket"), disabled: !can("ticket.create") },
          ]}
        />
        {mode === "open" ? (
          <TicketSelect
            key={usual?.id}
            label={t("request.ticket")}
            customerId={request.customer_id}
            value={ticketId}
            known={usual}
            onChange={(id) => setChosen(id)}
          />
        ) : (
          <TextInput label={t("ticket.summary")} value={summary} maxLength={200} required onChange={(e) => setSummary(e.currentTarget.value)} />
        )}
      </div>
      <div className={classes.buttons}>
        <Button variant="default" onClick={onCancel}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={claim.isPending} disabled={mode === "open" ? !ticketId : !summary.trim()} data-autofocus>
          {t("request.claimAndShow")}
        </Button>
      </div>
    </form>
  );
}
