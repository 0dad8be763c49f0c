import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { History, MessageSquareText, PencilLine } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact } from "@/api/types";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { GuardedButton } from "@/components/GuardedButton";
import { RelativeTime } from "@/components/RelativeTime";
import { toast } from "@/components/toast";
import { AskDialog } from "./AskDialog";
import { ConsentBadge } from "./ConsentBadge";
import { changesQuery, consentChanged, consentHistoryQuery, consentQuery, formsQuery } from "./data";
import { RecordDialog } from "./RecordDialog";
import classes from "./Consent.module.css";

/** What a contact said about texts and calls, and what can be done about it. */
export function ConsentCard({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const consent = useQuery(consentQuery(contact.id));
  const forms = useQuery(formsQuery(contact.id));
  const changes = useQuery(changesQuery(contact.id));
  const [open, setOpen] = useState<"ask" | "record" | "history" | null>(null);
  const [settling, setSettling] = useState<{ id: string; apply: boolean } | null>(null);
  const form = forms.data?.[0];
  const settle = async () => {
    if (settling) {
      const request = { params: { path: { id: contact.id } }, body: { change_id: settling.id } };
      await must(settling.apply ? api.POST("/api/contacts/{id}/number-changes/apply", request) : api.POST("/api/contacts/{id}/number-changes/discard", request));
      consentChanged(contact.id);
    }
  };
  return (
    <Card title={t("consent.title")}>
      {consent.data?.addresses.map((a) => (
        <div key={a.address} className={classes.address}>
          <span>{a.address}</span>
          <ConsentBadge state={a.state} />
          {a.at && (
            <span className={classes.soft}>
              <RelativeTime at={a.at} />
            </span>
          )}
        </div>
      ))}
      {consent.data?.addresses.length === 0 && <p className={classes.soft}>{t("consent.noAddress")}</p>}
      {form && (
        <p className={classes.soft}>
          {t("consent.lastForm", { by: form.asked_by, address: form.sent_to_masked, state: t(`consent.form.${form.state}`) })} <RelativeTime at={form.created_at} />
        </p>
      )}
      {changes.data?.map((change) => (
        <Callout key={change.id} tone="pending" title={t("consent.change.title", { number: change.new_number })}>
          <p>{t(`consent.change.${change.reason}`, { number: change.old_number || "–" })}</p>
          <div className={classes.actions}>
            <GuardedButton needs="contact.edit" size="compact-md" onClick={() => setSettling({ id: change.id, apply: true })}>
              {t("consent.change.apply")}
            </GuardedButton>
            <GuardedButton needs="contact.edit" size="compact-md" variant="default" onClick={() => setSettling({ id: change.id, apply: false })}>
              {t("consent.change.discard")}
            </GuardedButton>
          </div>
        </Callout>
      ))}
      <div className={classes.actions}>
        <GuardedButton needs="contact.edit" variant="default" leftSection={<MessageSquareText size={15} />} onClick={() => setOpen("ask")}>
          {t("consent.ask")}
        </GuardedButton>
        <GuardedButton needs="contact.edit" variant="default" leftSection={<PencilLine size={15} />} onClick={() => setOpen("record")}>
          {t("consent.record")}
        </GuardedButton>
        <Button
          variant="subtle"
          color="gray"
          leftSection={<History size={15} />}
          aria-expanded={open === "history"}
          onClick={() => setOpen(open === "history" ? null : "history")}
        >
          {t("consent.history")}
        </Button>
      </div>
      {open === "history" && <ConsentHistory contactId={contact.id} />}
      <AskDialog contact={contact} opened={open === "ask"} onClose={() => setOpen(null)} />
      <RecordDialog contact={contact} opened={open === "record"} onClose={() => setOpen(null)} />
      <Confirm
        opened={settling !== null}
        onClose={() => setSettling(null)}
        title={settling?.apply ? t("consent.change.apply") : t("consent.change.discard")}
        action={settling?.apply ? t("consent.change.apply") : t("consent.change.discard")}
        danger={false}
        onConfirm={async () => {
          await settle();
          toast(t("saved"));
        }}
      >
        {settling?.apply ? t("consent.change.applyText") : t("consent.change.discardText")}
      </Confirm>
    </Card>
  );
}

function ConsentHistory({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  const history = useQuery(consentHistoryQuery(contactId));
  if (history.data?.length === 0) {
    return <p className={classes.soft}>{t("consent.noHistory")}</p>;
  }
  return (
    <ol className={classes.history}>
      {history.data?.map((r) => (
        <li key={r.id}>
          <div className={classes.address}>
            <span>{r.address}</span>
            <ConsentBadge state={r.state} />
            <span className={classes.soft}>
              <RelativeTime at={r.at} />
            </span>
          </div>
          <p className={classes.soft}>
            {[t(`consent.source.${r.source}`), t(`consent.kind.${r.kind}`), r.by_name, r.ip && t("consent.from", { ip: r.ip })].filter(Boolean).join(" · ")}
          </p>
          {r.note && <p>{r.note}</p>}
          {r.text && (
            <details>
              <summary>{t("consent.shown", { version: r.text_version ?? "" })}</summary>
              <p lang={r.language}>{r.text}</p>
            </details>
          )}
        </li>
      ))}
    </ol>
  );
}
