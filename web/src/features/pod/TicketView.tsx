import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@mantine/core";
import { Callout } from "@/components/Callout";
import { Loading } from "@/components/Loading";
import { StateBadge } from "@/components/StateBadge";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { contactChoices, contactQuery } from "@/features/contact/data";
import { ticketQuery } from "@/features/ticket/data";
import { VerificationPanel } from "@/features/verify/panel/VerificationPanel";
import { Asking } from "./Asking";
import { Refusal } from "./Pod";
import classes from "./Pod.module.css";

interface Props {
  ticketId: string | null;
  contactId: string | null;
}

/** The ticket in a few words, who asks about it, and the panel that proves who is calling. */
export function TicketView({ ticketId, contactId }: Props) {
  const { t } = useTranslation();
  const ticket = useQuery({ ...ticketQuery(ticketId ?? ""), enabled: ticketId !== null, retry: false });
  const [chosen, setChosen] = useState(contactId);
  const [choosing, setChoosing] = useState(contactId === null);
  const contact = useQuery({ ...contactQuery(chosen ?? ""), enabled: chosen !== null, retry: false });
  if (ticketId !== null && ticket.isPending) {
    return <Loading rows={4} height={48} />;
  }
  if (ticket.isError) {
    return <Refusal error={ticket.error} retry={() => void ticket.refetch()} />;
  }
  return (
    <>
      <header className={classes.ticket}>
        {ticket.data ? (
          <>
            <p className={classes.number}>
              {t("pod.ticket", { number: ticket.data.number })} <StateBadge state={ticket.data.status} />
            </p>
            <h1>{ticket.data.summary}</h1>
            <p className={classes.customer}>{ticket.data.customer_name}</p>
          </>
        ) : (
          <>
            <h1>{t("pod.noTicket")}</h1>
            <p className={classes.customer}>{t("pod.noTicketText")}</p>
          </>
        )}
      </header>
      {ticket.data && <Asking ticket={ticket.data} except={chosen} />}
      <div className={classes.who}>
        {choosing ? (
          <RemoteSelect
            label={t("pod.caller")}
            placeholder={t("verify.findHint")}
            queryKey={["contacts", { customer_id: ticket.data?.customer_id ?? "" }]}
            load={(q) => contactChoices(q, ticket.data?.customer_id)}
            value={chosen}
            onChange={(id) => {
              setChosen(id);
              setChoosing(id === null);
            }}
          />
        ) : (
          <>
            <span>{contact.data?.name ?? ""}</span>
            <Button variant="subtle" size="compact-sm" onClick={() => setChoosing(true)}>
              {t("pod.other")}
            </Button>
          </>
        )}
      </div>
      {contact.isError && <Refusal error={contact.error} retry={() => void contact.refetch()} />}
      {contact.data && !choosing && <VerificationPanel key={contact.data.id} contact={contact.data} ticket={ticket.data ?? null} />}
      {chosen === null && <Callout tone="neutral">{t("pod.noContact")}</Callout>}
    </>
  );
}
