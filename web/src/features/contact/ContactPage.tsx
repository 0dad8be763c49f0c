import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Eraser, FileJson, Merge as MergeIcon, Pencil, Ticket as TicketIcon, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { goTo } from "@/app/navigate";
import { useCan } from "@/app/me";
import { queries } from "@/app/services";
import { Confirm } from "@/components/Confirm";
import { Detail } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { ShieldBadge } from "@/components/ShieldBadge";
import { toast } from "@/components/toast";
import { HistoryTab } from "@/features/activity/HistoryTab";
import { ConsentBadge } from "@/features/consent/ConsentBadge";
import { ConsentCard } from "@/features/consent/ConsentCard";
import { useFollowedContact } from "@/features/sandbox/followed";
import { TicketForm } from "@/features/ticket/TicketForm";
import { TicketList } from "@/features/ticket/TicketList";
import { Passkeys } from "@/features/verify/Passkeys";
import { VerificationsTab } from "@/features/verify/VerificationsTab";
import { VerificationPanel } from "@/features/verify/panel/VerificationPanel";
import { ContactFacts } from "./ContactFacts";
import { ContactForm } from "./ContactForm";
import { contactQuery } from "./data";
import { MergeWith } from "./MergeWith";

/** One contact: who they are, and above all whether it is them. */
export function ContactPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const query = useQuery(contactQuery(id));
  const [editing, setEditing] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [erasing, setErasing] = useState(false);
  const [ticketing, setTicketing] = useState(false);
  const [merging, setMerging] = useState(false);
  useFollowedContact(id);
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const contact = query.data;
  if (!contact) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const remove = async () => {
    await must(api.DELETE("/api/contacts/{id}", { params: { path: { id }, header: ifMatch(contact.version) } }));
    goTo("/contacts");
    queries.removeQueries({ queryKey: contactQuery(id).queryKey });
    void queries.invalidateQueries({ queryKey: ["contacts"] });
    toast(t("deleted", { name: contact.name }));
  };
  const erase = async () => {
    await must(api.POST("/api/contacts/{id}/erase", { params: { path: { id }, header: ifMatch(contact.version) }, body: { name: contact.name } }));
    goTo("/contacts");
    queries.removeQueries({ queryKey: contactQuery(id).queryKey });
    void queries.invalidateQueries();
    toast(t("person.erased"));
  };
  const newTicket = (
    <GuardedButton needs="ticket.create" variant="default" leftSection={<TicketIcon size={15} />} onClick={() => setTicketing(true)}>
      {t("ticket.new")}
    </GuardedButton>
  );
  return (
    <>
      <Detail
        back={{ to: "/contacts", label: t("nav.contacts") }}
        title={contact.name}
        badges={
          <>
            <ShieldBadge shield={contact.shield} />
            <ConsentBadge state={contact.consent} />
          </>
        }
        subtitle={
          <>
            {contact.job_title && `${contact.job_title} · `}
            <Link to="/customers/$id" params={{ id: contact.customer_id }}>
              {contact.customer_name}
            </Link>
          </>
        }
        actions={
          <>
            {newTicket}
            <GuardedButton needs="contact.edit" variant="default" leftSection={<Pencil size={15} />} onClick={() => setEditing(true)}>
              {t("edit")}
            </GuardedButton>
          </>
        }
        tab={tab}
        tabs={[
          {
            key: "verify",
            label: t("contact.tabVerify"),
            content: (
              <>
                <VerificationPanel key={id} contact={contact} />
                <Passkeys key={`passkeys-${id}`} contact={contact} />
              </>
            ),
          },
          {
            key: "tickets",
            label: t("nav.tickets"),
            content: <TicketList fixed={{ contact_id: id }} empty={<EmptyState icon={TicketIcon} title={t("ticket.noneHere")} action={newTicket} />} />,
          },
          ...(can("verification.run") ? [{ key: "verifications", label: t("receipt.tab"), content: <VerificationsTab contactId={id} /> }] : []),
          { key: "history", label: t("history.title"), content: <HistoryTab contactId={id} /> },
        ]}
        facts={
          <>
            <ContactFacts contact={contact} />
            <ConsentCard contact={contact} />
            {can("contact.edit") && (
              <Button variant="subtle" color="gray" justify="flex-start" leftSection={<MergeIcon size={15} />} onClick={() => setMerging(true)}>
                {t("merge.into")}
              </Button>
            )}
            {can("contact.edit") && (
              <Button variant="subtle" color="red" justify="flex-start" leftSection={<Trash2 size={15} />} onClick={() => setDeleting(true)}>
                {t("contact.delete")}
              </Button>
            )}
            {can("contact.edit") && can("admin.settings") && (
              <>
                <Button component="a" href={`/api/contacts/${id}/personal-data`} download variant="subtle" color="gray" justify="flex-start" leftSection={<FileJson size={15} />}>
                  {t("person.export")}
                </Button>
                <Button variant="subtle" color="red" justify="flex-start" leftSection={<Eraser size={15} />} onClick={() => setErasing(true)}>
                  {t("person.erase")}
                </Button>
              </>
            )}
          </>
        }
      />
      <ContactForm key={contact.version} opened={editing} onClose={() => setEditing(false)} contact={contact} />
      <TicketForm
        opened={ticketing}
        onClose={() => setTicketing(false)}
        customer={{ id: contact.customer_id, name: contact.customer_name }}
        contact={{ id: contact.id, name: contact.name }}
        onSaved={(ticket) => goTo(`/tickets/${ticket.id}`)}
      />
      <MergeWith contact={contact} opened={merging} onClose={() => setMerging(false)} />
      <Confirm opened={deleting} onClose={() => setDeleting(false)} title={t("contact.delete")} action={t("delete")} typed={contact.name} onConfirm={remove}>
        {t("contact.deleteText", { name: contact.name })}
      </Confirm>
      <Confirm opened={erasing} onClose={() => setErasing(false)} title={t("person.erase")} action={t("person.eraseNow")} typed={contact.name} onConfirm={erase}>
        {t("person.eraseText", { name: contact.name })}
      </Confirm>
    </>
  );
}
