import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { CheckCircle2, Pencil, RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Ticket } from "@/api/types";
import { useCan } from "@/app/me";
import { Card } from "@/components/Card";
import { Detail, Facts } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import { useFollowedContact } from "@/features/sandbox/followed";
import { VerificationPanel } from "@/features/verify/panel/VerificationPanel";
import { Controls } from "./Controls";
import { Caller } from "./Caller";
import { renewTicket, ticketName, ticketQuery } from "./data";
import { Priority } from "./Priority";
import { TicketForm } from "./TicketForm";
import { Timeline } from "./Timeline";
import classes from "./TicketPage.module.css";

/** One ticket: what it is about, what was noted, and the proof of who called. */
export function TicketPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(ticketQuery(id));
  const [editing, setEditing] = useState(false);
  const ticket = query.data;
  useFollowedContact(ticket?.contact_id ?? null);
  const change = useMutation({
    mutationFn: ({ version, status }: Pick<Ticket, "version" | "status">) =>
      must(api.PATCH("/api/tickets/{id}", { params: { path: { id }, header: ifMatch(version) }, body: { status } })),
    onSuccess: renewTicket,
    onError: (error) => toast(problemText(error, t), "denied"),
  });
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  if (!ticket) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const open = ticket.status !== "closed";
  return (
    <>
      <Detail
        back={{ to: "/tickets", label: t("nav.tickets") }}
        title={ticketName(ticket)}
        badges={
          <>
            <StateBadge state={ticket.status} />
            {(ticket.priority === "urgent" || ticket.priority === "high") && <Priority value={ticket.priority} />}
          </>
        }
        subtitle={
          <>
            <Link to="/customers/$id" params={{ id: ticket.customer_id }}>
              {ticket.customer_name}
            </Link>
            {ticket.contact_id && (
              <>
                {" · "}
                <Link to="/contacts/$id" params={{ id: ticket.contact_id }}>
                  {ticket.contact_name}
                </Link>
              </>
            )}
          </>
        }
        actions={
          <>
            <GuardedButton needs="ticket.edit" variant="default" leftSection={<Pencil size={15} />} onClick={() => setEditing(true)}>
              {t("edit")}
            </GuardedButton>
            <GuardedButton
              needs="ticket.edit"
              variant="default"
              loading={change.isPending}
              leftSection={open ? <CheckCircle2 size={16} /> : <RotateCcw size={15} />}
              onClick={() => change.mutate({ version: ticket.version, status: open ? "closed" : "open" })}
            >
              {open ? t("ticket.close") : t("ticket.reopen")}
            </GuardedButton>
          </>
        }
        facts={
          <>
            <Card title={t("ticket.work")}>
              <Controls ticket={ticket} />
            </Card>
            {ticket.contact_id && <Caller id={ticket.contact_id} />}
            <Card title={t("contact.facts")}>
              <Facts
              items={[
                [t("ticket.opened"), <RelativeTime key="opened" at={ticket.created_at} />],
                [t("ticket.updated"), <RelativeTime key="updated" at={ticket.updated_at} />],
                ticket.created_by ? [t("ticket.by"), ticket.created_by.name] : null,
                ticket.source ? [t("ticket.source"), ticket.source] : null,
              ]}
            />
          </Card>
          </>
        }
      >
        {ticket.description && <p className={classes.description}>{ticket.description}</p>}
        {can("verification.run") &&
          (ticket.contact_id ? (
            <VerificationPanel
              key={ticket.contact_id}
              contact={{ id: ticket.contact_id, name: ticket.contact_name, customer_id: ticket.customer_id }}
              ticket={ticket}
              history={false}
            />
          ) : (
            <Card title={t("panel.title")}>
              <EmptyState title={t("ticket.noContact")} text={t("ticket.noContactText")} compact />
            </Card>
          ))}
        <Timeline ticketId={id} />
      </Detail>
      <TicketForm key={ticket.version} opened={editing} onClose={() => setEditing(false)} ticket={ticket} />
    </>
  );
}
