import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Contact, Shield } from "@/api/types";
import { Card } from "@/components/Card";
import { CopyButton } from "@/components/CopyButton";
import { Facts } from "@/components/Detail";
import { RelativeTime } from "@/components/RelativeTime";
import { ShieldBadge } from "@/components/ShieldBadge";
import { StateBadge } from "@/components/StateBadge";
import { panelQuery } from "@/features/verify/data";
import { rowsOf } from "./customFields";
import { languages } from "./languages";
import classes from "./ContactFacts.module.css";

/** What is known of a contact; each number and address with its own shield. */
export function ContactFacts({ contact }: { contact: Contact }) {
  const { t } = useTranslation();
  const panel = useQuery(panelQuery(contact.id));
  const shieldOf = (address: string) => panel.data?.addresses.find((a) => a.address === address)?.shield;
  return (
    <Card title={t("contact.facts")}>
      <Facts
        items={[
          contact.phones.length > 0
            ? [t("contact.phones"), contact.phones.map((p) => <Address key={p.number} value={p.number} kind={t(`contact.${p.kind ?? "mobile"}`)} shield={shieldOf(p.number)} out={contact.opted_out.includes(p.number)} />)]
            : [t("contact.phones"), "–"],
          [
            t("contact.emails"),
            contact.emails.length > 0 ? contact.emails.map((e) => <Address key={e} value={e} shield={shieldOf(e)} out={contact.opted_out.includes(e)} />) : "–",
          ],
          [t("contact.language"), languages.find((l) => l.value === contact.language)?.label ?? (contact.language || t("contact.languageUnset"))],
          contact.department ? [t("contact.department"), contact.department] : null,
          contact.vip ? [t("contact.vip"), t("yes")] : null,
          contact.approver ? [t("contact.approver"), t("yes")] : null,
          contact.notes ? [t("contact.notes"), <span key="notes" className={classes.notes}>{contact.notes}</span>] : null,
          ...rowsOf(contact.custom_fields).map(({ name, value }): [string, ReactNode] => [name, value]),
          contact.source ? [t("contact.source"), [t(`technician.source.${contact.source as "csv"}`, { defaultValue: contact.source }), contact.source_id].filter(Boolean).join(" · ")] : null,
          [t("contact.messages"), contact.opted_out.length === 0 ? t("contact.messagesAll") : t("contact.messagesSome", { count: contact.opted_out.length })],
          [t("contact.since"), <RelativeTime key="since" at={contact.created_at} />],
        ]}
      />
    </Card>
  );
}

function Address({ value, kind, shield, out }: { value: string; kind?: string; shield?: Shield; out: boolean }) {
  const { t } = useTranslation();
  return (
    <div className={classes.address}>
      <span>
        {value} <CopyButton value={value} />
      </span>
      {kind && <small>{kind}</small>}
      {shield && <ShieldBadge shield={shield} />}
      {out && <StateBadge state="suspended" label={t("contact.optedOut")} />}
    </div>
  );
}
