import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Panel, Ticket, Verification } from "@/api/types";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import { ShieldBadge } from "@/components/ShieldBadge";
import { panelQuery } from "@/features/verify/data";
import { RequestCard } from "@/features/verify/RequestCard";
import { Actions } from "./Actions";
import { History } from "./History";
import { Outcome } from "./Outcome";
import { Pending } from "./Pending";
import { Start } from "./Start";
import classes from "./Panel.module.css";

interface Props {
  contact: { id: string; name: string; customer_id: string };
  /** The ticket that a new verification belongs to, unless another is chosen. */
  ticket?: Pick<Ticket, "id" | "number" | "summary" | "contact_id"> | null;
  /** Whether the earlier verifications are listed below. */
  history?: boolean;
}

/** The heart: proves that the caller is this contact. */
export function VerificationPanel({ contact, ticket, history = true }: Props) {
  const { t } = useTranslation();
  const query = useQuery({ ...panelQuery(contact.id), refetchInterval: (q) => (changesByItself(q.state.data) ? 5_000 : false) });
  const panel = query.data;
  const { outcome, watch, dismiss } = useOutcome(panel);
  const front = useComesForward(Boolean(panel?.show_on_load && !panel.pending), ticket?.id);
  if (query.isPending) {
    return (
      <Card title={t("panel.title")}>
        <Loading rows={4} height={48} />
      </Card>
    );
  }
  if (!panel) {
    return (
      <Card title={t("panel.title")}>
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      </Card>
    );
  }
  return (
    <>
      {panel.technician_verification && <RequestCard request={panel.technician_verification} level={2} />}
      <Card title={t("panel.title")} actions={<ShieldBadge shield={panel.shield} />}>
        <div className={classes.panel} ref={front}>
          {panel.banner && <Callout tone={bannerTones[panel.banner.color]}>{panel.banner.text}</Callout>}
          {panel.locked_until && (
            <Callout tone="denied" title={t("panel.locked")}>
              {t("panel.lockedText")} <RelativeTime at={panel.locked_until} />
            </Callout>
          )}
          {panel.codes_off_until && (
            <Callout tone="denied" title={t("panel.codesOff")}>
              {t("panel.codesOffText")} <RelativeTime at={panel.codes_off_until} />.
            </Callout>
          )}
          {panel.technician_verification && !panel.pending && <Callout tone="pending">{t("panel.bothWays")}</Callout>}
          {panel.pending ? (
            <Pending key={panel.pending.id} verification={panel.pending} onEnd={watch} />
          ) : (
            <>
              {outcome && <Outcome key={outcome.id} verification={outcome} contactName={contact.name} onDismiss={dismiss} />}
              <Start contact={contact} ticket={ticket} panel={panel} onStart={watch} again={outcome !== null} />
            </>
          )}
          <Actions contactId={contact.id} ticketId={ticket?.id} panel={panel} />
        </div>
      </Card>
      {history && (
        <Card title={t("panel.history")} flush>
          <History items={panel.history.filter((v) => v.id !== panel.pending?.id)} />
        </Card>
      )}
    </>
  );
}

// The tickets that were looked at since the page was loaded.
const looked = new Set<string>();

/** Brings the panel forward at the first look at a ticket, where the policy wants it: it is scrolled to, and its first method has the keyboard. */
function useComesForward(wanted: boolean, ticketId: string | undefined) {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!wanted || !ticketId || looked.has(ticketId)) {
      return;
    }
    looked.add(ticketId);
    panel.current?.scrollIntoView({ block: "nearest" });
    panel.current?.querySelector<HTMLButtonElement>("ul button:not(:disabled)")?.focus();
  }, [wanted, ticketId]);
  return panel;
}

// The color of a banner is one of ours, since colors have meanings here.
const bannerTones = { blue: "neutral", grey: "neutral", yellow: "pending", red: "denied" } as const;

/** Whether the panel will change without an event: a verification runs out, and a pause between two messages ends. */
function changesByItself(panel: Panel | undefined): boolean {
  return Boolean(panel?.pending) || (panel?.methods.some((m) => m.reason === "message.limited") ?? false);
}

/** Follows a verification seen pending here until its end, which may come from the other side or with the clock. */
function useOutcome(panel: Panel | undefined) {
  const [watched, setWatched] = useState<Verification | null>(null);
  const pending = panel?.pending;
  useEffect(() => {
    if (pending) {
      setWatched(pending);
    }
  }, [pending]);
  const later = panel?.history.find((v) => v.id === watched?.id);
  const latest = later && later.state !== "pending" ? later : watched;
  return {
    outcome: latest && latest.state !== "pending" ? latest : null,
    watch: setWatched,
    dismiss: () => setWatched(null),
  };
}
