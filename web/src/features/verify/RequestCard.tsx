import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { TechnicianVerification } from "@/api/types";
import { useMe } from "@/app/me";
import { Avatar } from "@/components/Avatar";
import { StateBadge } from "@/components/StateBadge";
import { minutesSeconds, secondsLeft } from "@/components/time";
import { useNow } from "@/components/useNow";
import { ClaimForm } from "./ClaimForm";
import { ClaimedRequest } from "./ClaimedRequest";
import { RequestOutcome } from "./RequestOutcome";
import classes from "./RequestCard.module.css";

interface Props {
  request: TechnicianVerification;
  onDone?: () => void;
  /** Of its heading: 3 within a card, 2 on its own. */
  level?: 2 | 3;
}

/** One person who asks "is this really you?", from the question to the answer. */
export function RequestCard({ request, onDone, level = 3 }: Props) {
  const Heading = level === 2 ? "h2" : "h3";
  const { t } = useTranslation();
  const me = useMe();
  const now = useNow();
  const [claiming, setClaiming] = useState(false);
  const mine = request.claimed_by?.id === me?.technician.id;
  const waited = Math.max(0, Math.floor((now.getTime() - Date.parse(request.created_at)) / 1000));
  const open = request.state === "pending" || request.state === "claimed";
  const left = secondsLeft(request.expires_at, now);
  return (
    <article className={classes.card} data-state={request.state} aria-label={t("request.label", { name: request.contact_name })}>
      <header className={classes.header}>
        <Avatar name={request.contact_name} size={40} />
        <div className={classes.who}>
          <Heading className={classes.question}>{t("request.asks", { name: request.contact_name, customer: request.customer_name })}</Heading>
          <p className={classes.facts}>
            <Link to="/contacts/$id" params={{ id: request.contact_id }}>
              {request.contact_name}
            </Link>
            <span>{t(`request.by.${request.medium}`, { address: request.address_masked })}</span>
            {open && <span>{t("request.waited", { time: minutesSeconds(waited) })}</span>}
            {open && left > 0 && <span>{t("request.left", { time: minutesSeconds(left) })}</span>}
          </p>
        </div>
        {request.state === "pending" && !claiming ? (
          <Button onClick={() => setClaiming(true)}>{t("request.claim")}</Button>
        ) : (
          <StateBadge state={request.state} label={request.state === "pending" ? t("request.waiting") : undefined} />
        )}
      </header>
      {request.state === "pending" && claiming && <ClaimForm request={request} onCancel={() => setClaiming(false)} />}
      {request.state === "claimed" && mine && <ClaimedRequest request={request} />}
      {request.state === "claimed" && !mine && <p className={classes.other}>{t("request.claimedBy", { name: request.claimed_by?.name ?? "–" })}</p>}
      {!open && <RequestOutcome request={request} onDone={onDone} />}
    </article>
  );
}
