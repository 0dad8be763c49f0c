import { SegmentedControl, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Panel, Ticket, Verification } from "@/api/types";
import { useCan } from "@/app/me";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { openTicketsQuery } from "@/features/ticket/data";
import { TicketSelect } from "@/features/ticket/TicketSelect";
import { panelQuery, renewVerifications } from "@/features/verify/data";
import { MethodRow } from "./MethodRow";
import { remember } from "./spoken";
import classes from "./Panel.module.css";

type Direction = "inbound" | "outbound";

interface Props {
  contact: { id: string; name: string; customer_id: string };
  ticket?: Pick<Ticket, "id" | "number" | "summary" | "contact_id"> | null;
  panel: Panel;
  onStart: (verification: Verification) => void;
  again: boolean;
}

/** Everything needed to start: who called whom, for which ticket, and one button for each method. */
export function Start({ contact, ticket, panel, onStart, again }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const [direction, setDirection] = useState<Direction>("inbound");
  const [chosen, setChosen] = useState<string | null | undefined>(undefined);
  const [note, setNote] = useState("");
  const tickets = useQuery({ ...openTicketsQuery(contact.customer_id), enabled: can("ticket.view") });
  const own = ticket ?? tickets.data?.items.find((x) => x.contact_id === contact.id) ?? null;
  const ticketId = chosen === undefined ? (own?.id ?? null) : chosen;
  const its = ticketId === ticket?.id ? ticket : tickets.data?.items.find((x) => x.id === ticketId);
  const other = Boolean(its?.contact_id && its.contact_id !== contact.id);

  const start = useMutation({
    mutationFn: ({ method, address }: { method: string; address?: string }) => {
      const body = { contact_id: contact.id, method, address, ticket_id: ticketId ?? undefined, call_direction: direction, note: note.trim() || undefined };
      return must(api.POST("/api/verifications", { body: body as never }));
    },
    onSuccess: (started) => {
      remember(started);
      onStart(started);
      queries.setQueryData<Panel>(panelQuery(contact.id).queryKey, (old) => old && { ...old, pending: started });
    },
    onSettled: () => renewVerifications(contact.id),
  });

  const allowed = can("verification.run");
  return (
    <section className={classes.start} aria-label={again ? t("panel.again") : t("panel.start")}>
      {again && <h3 className={classes.subtitle}>{t("panel.again")}</h3>}
      {start.isError && <Callout tone="denied">{problemText(start.error, t)}</Callout>}
      {!allowed && <Callout tone="neutral">{t("error.needs", { permission: "verification.run" })}</Callout>}
      <div className={classes.options}>
        <div>
          <span className={classes.label} id="call-direction">
            {t("panel.direction")}
          </span>
          <SegmentedControl
            aria-labelledby="call-direction"
            value={direction}
            onChange={(value) => setDirection(value as Direction)}
            data={[
              { value: "inbound", label: t("panel.inbound") },
              { value: "outbound", label: t("panel.outbound") },
            ]}
          />
        </div>
        {can("ticket.view") && (
          <TicketSelect key={own?.id} label={t("panel.ticket")} customerId={contact.customer_id} value={ticketId} known={own} clearable onChange={setChosen} />
        )}
        <TextInput
          label={other ? t("panel.noteOther") : t("panel.note")}
          placeholder={other ? t("panel.noteOtherHint") : undefined}
          value={note}
          maxLength={500}
          onChange={(e) => setNote(e.currentTarget.value)}
        />
      </div>
      <ul className={classes.methods} aria-label={t("panel.methods")}>
        {panel.methods.map((method) => (
          <MethodRow
            key={method.method}
            method={method}
            first={method === panel.methods.find((m) => m.available)}
            disabled={!allowed || panel.locked_until !== null || start.isPending}
            busy={start.isPending && start.variables.method === method.method}
            onStart={(address) => start.mutate({ method: method.method, address })}
          />
        ))}
      </ul>
    </section>
  );
}
