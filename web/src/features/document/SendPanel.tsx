import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { ErrorState } from "@/components/ErrorState";
import { RemoteMultiSelect } from "@/components/form/RemoteMultiSelect";
import { Loading } from "@/components/Loading";
import { problemText, reasonText } from "@/components/problemText";
import { toast } from "@/components/toast";
import { contactChoices } from "@/features/contact/data";
import review from "@/features/consent/Consent.module.css";
import { CustomerSelect } from "@/features/customer/CustomerSelect";
import { type Document, named } from "./data";
import classes from "./Document.module.css";

/** Mails a document to contacts of a customer, after somebody has looked through who gets it. */
export function SendPanel({ doc, onClose }: { doc: Document; onClose: () => void }) {
  const { t } = useTranslation();
  const [customer, setCustomer] = useState<string | null>(null);
  const [ids, setIds] = useState<string[]>([]);
  return (
    <div className={classes.stack}>
      <CustomerSelect
        label={t("customer.one")}
        value={customer}
        onChange={(id) => {
          setCustomer(id);
          setIds([]);
        }}
      />
      {customer && (
        <RemoteMultiSelect
          key={customer}
          label={t("docs.whom")}
          placeholder={ids.length === 0 ? t("docs.everybody") : undefined}
          queryKey={["contacts", customer]}
          load={(q) => contactChoices(q, customer)}
          value={ids}
          onChange={setIds}
        />
      )}
      {customer && <Review doc={doc} whom={ids.length > 0 ? { contact_ids: ids } : { customer_id: customer }} onClose={onClose} />}
    </div>
  );
}

interface ReviewProps {
  doc: Document;
  whom: { contact_ids: string[] } | { customer_id: string };
  onClose: () => void;
}

function Review({ doc, whom, onClose }: ReviewProps) {
  const { t } = useTranslation();
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState<unknown>(null);
  const [opened] = useState(() => Date.now()); // a second press sends nothing a second time
  const path = { key: doc.key };
  const found = useQuery({
    queryKey: ["document-review", doc.key, whom],
    queryFn: () => must(api.POST("/api/documents/{key}/mail/review", { params: { path }, body: whom })),
    gcTime: 0,
    staleTime: 0,
  });
  const send = async () => {
    const digest = found.data?.review ?? "";
    setSending(true);
    setProblem(null);
    try {
      await must(api.POST("/api/documents/{key}/mail", { params: { path, header: { "Idempotency-Key": `${digest}-${opened}` } }, body: { ...whom, review: digest } }));
      void queries.invalidateQueries({ queryKey: ["tasks"] });
      toast(t("docs.started"));
      onClose();
    } catch (error) {
      setProblem(error);
      void found.refetch();
    } finally {
      setSending(false);
    }
  };
  if (!found.data) {
    return found.isPending ? <Loading rows={4} height={32} /> : <ErrorState error={found.error} retry={() => void found.refetch()} />;
  }
  const { items, sendable, total, missing } = found.data;
  return (
    <>
      <p role="status" className={classes.soft}>
        {t("docs.review", { count: sendable, total })}
      </p>
      {missing.length > 0 && <Callout tone="pending">{t("docs.gaps", { names: named(missing, t) })}</Callout>}
      <ul className={review.review} tabIndex={0} aria-label={t("docs.whom")}>
        {items
          .toSorted((a, b) => Number(a.can_send) - Number(b.can_send))
          .map((v) => (
            <li key={v.contact_id}>
              <span>{v.name}</span>
              <span className={review.soft}>{v.can_send ? `${v.to} (${v.language})` : reasonText(v.reason ?? "", t)}</span>
            </li>
          ))}
      </ul>
      {problem !== null && <p role="alert">{problemText(problem, t)}</p>}
      <Group justify="flex-end">
        <Button loading={sending} disabled={sendable === 0 || found.isFetching} onClick={() => void send()}>
          {t("docs.mail", { count: sendable })}
        </Button>
      </Group>
    </>
  );
}
