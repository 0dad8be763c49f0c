import { Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Confirm } from "@/components/Confirm";
import { toast } from "@/components/toast";
import { contactQuery } from "./data";
import { likelyToStay, mergeable, merged } from "./merge";
import classes from "./Merge.module.css";

interface Props {
  /** Those to merge; null when nothing is asked. */
  contacts: readonly Contact[] | null;
  onClose: () => void;
  onMerged?: (contact: Contact) => void;
}

/** Makes several contacts one: which of them stays, what it becomes field by field, and only then the deed. */
export function MergeDialog({ contacts, onClose, onMerged }: Props) {
  return contacts === null ? null : <Merge key={contacts.map((c) => c.id).join()} contacts={contacts} onClose={onClose} onMerged={onMerged} />;
}

function Merge({ contacts, onClose, onMerged }: Props & { contacts: readonly Contact[] }) {
  const { t } = useTranslation();
  const [id, setId] = useState(() => likelyToStay(contacts));
  const stays = contacts.find((c) => c.id === id);
  const others = contacts.filter((c) => c.id !== id);
  const possible = mergeable(contacts);
  const merge = async () => {
    if (!stays) {
      return;
    }
    const saved = await must(api.POST("/api/contacts/{id}/merge", { params: { path: { id: stays.id } }, body: { contact_ids: others.map((c) => c.id) } }));
    queries.setQueryData(contactQuery(saved.id).queryKey, saved);
    for (const other of others) {
      queries.removeQueries({ queryKey: contactQuery(other.id).queryKey });
    }
    for (const key of ["contacts", "customers", "tickets", "panel"]) {
      void queries.invalidateQueries({ queryKey: [key] });
    }
    toast(t("merge.done", { name: saved.name, count: contacts.length }));
    onMerged?.(saved);
  };
  return (
    <Confirm opened onClose={onClose} title={t("merge.title")} action={t("merge.action", { count: contacts.length })} ready={possible} onConfirm={merge} wide>
      <div className={classes.merge}>
        {!possible && <Callout tone="denied">{t("merge.oneCustomer")}</Callout>}
        <Select
          label={t("merge.stays")}
          description={t("merge.staysHelp")}
          data={contacts.map((c) => ({ value: c.id, label: [c.name, c.emails[0] ?? c.phones[0]?.number].filter(Boolean).join(" – ") }))}
          allowDeselect={false}
          value={id}
          onChange={(next) => next && setId(next)}
        />
        {stays && possible && <Result stays={stays} others={others} />}
        <p>{t("merge.text")}</p>
      </div>
    </Confirm>
  );
}

/** Field by field: what the contact that stays says now, what the others say, and what will be. */
function Result({ stays, others }: { stays: Contact; others: readonly Contact[] }) {
  const { t } = useTranslation();
  const { after, changed } = merged(stays, others);
  const rows: [key: keyof Contact, label: string, show: (c: Contact) => string][] = [
    ["name", t("contact.name"), (c) => c.name],
    ["job_title", t("contact.job"), (c) => c.job_title],
    ["department", t("contact.department"), (c) => c.department],
    ["phones", t("contact.phones"), (c) => c.phones.map((p) => p.number).join("\n")],
    ["emails", t("contact.emails"), (c) => c.emails.join("\n")],
    ["language", t("contact.language"), (c) => c.language],
    ["vip", t("contact.vip"), (c) => (c.vip ? t("yes") : "")],
    ["approver", t("contact.approver"), (c) => (c.approver ? t("yes") : "")],
    ["custom_fields", t("contact.custom"), (c) => Object.entries(c.custom_fields).map(([name, value]) => `${name}: ${value}`).join("\n")],
    ["source", t("contact.source"), (c) => c.source],
    ["notes", t("contact.notes"), (c) => c.notes],
  ];
  const told = rows.filter(([, , show]) => [stays, ...others].some((c) => show(c) !== ""));
  return (
    <div className={classes.scroll} tabIndex={0} role="region" aria-label={t("merge.preview")}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t("merge.field")}</th>
            <th scope="col">{t("merge.now")}</th>
            <th scope="col">{t("merge.others", { count: others.length })}</th>
            <th scope="col">{t("merge.after")}</th>
          </tr>
        </thead>
        <tbody>
          {told.map(([key, label, show]) => (
            <tr key={key} data-changed={changed.has(key) || undefined}>
              <th scope="row">{label}</th>
              <td>{show(stays) || "–"}</td>
              <td>{others.map(show).filter(Boolean).join("\n") || "–"}</td>
              <td>{show(after) || "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
