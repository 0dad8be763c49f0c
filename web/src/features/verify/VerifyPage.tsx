import { Switch } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { BadgeCheck } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { usePreference } from "@/app/preference";
import { useCan } from "@/app/me";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Forbidden } from "@/components/Forbidden";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { StateBadge } from "@/components/StateBadge";
import { minutesSeconds, secondsLeft } from "@/components/time";
import { useNow } from "@/components/useNow";
import { claimedHere, forgetClaim } from "./claimed";
import { useMyClaims, useMyVerifications, usePending, useRequests } from "./data";
import { FindContact } from "./FindContact";
import { RequestCard } from "./RequestCard";
import classes from "./VerifyPage.module.css";

/** Both directions at one place: who asks whether we are us, and whom we want to prove who they are. */
export function VerifyPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [sound, setSound] = usePreference("cs-sound", "on");
  if (!can("verification.run")) {
    return <Forbidden permission="verification.run" />;
  }
  return (
    <>
      <PageHeader
        title={t("verify.title")}
        text={t("verify.text")}
        actions={<Switch label={t("verify.sound")} checked={sound === "on"} onChange={(e) => setSound(e.currentTarget.checked ? "on" : "off")} />}
      />
      <div className={classes.columns}>
        <Card title={t("verify.waiting")}>
          <Waiting />
        </Card>
        <div className={classes.side}>
          <Card title={t("verify.find")}>
            <FindContact />
          </Card>
          <MyVerifications />
        </div>
      </div>
    </>
  );
}

/** The requests on screen: those that wait, those claimed by me, and those of mine that have just ended. */
export function Waiting({ compact }: { compact?: boolean }) {
  const { t } = useTranslation();
  const { requests, isPending, error, refetch } = usePending();
  const claims = useMyClaims();
  const [, redraw] = useState(0);
  const open = [...claims, ...requests];
  const ended = useRequests(claimedHere().filter((id) => !open.some((r) => r.id === id)));
  const all = [...open, ...ended];
  if (isPending) {
    return <Loading rows={2} height={56} />;
  }
  if (error) {
    return <ErrorState error={error} retry={refetch} compact />;
  }
  if (all.length === 0) {
    return <EmptyState icon={BadgeCheck} title={t("verify.nobody")} text={t("verify.nobodyText")} compact={compact} />;
  }
  return (
    <div className={classes.cards}>
      {all.map((request) => (
        <RequestCard
          key={request.id}
          request={request}
          onDone={() => {
            forgetClaim(request.id);
            redraw((n) => n + 1);
          }}
        />
      ))}
    </div>
  );
}

/** Verifications of callers that I have started and that still run. */
export function MyVerifications({ always }: { always?: boolean }) {
  const { t } = useTranslation();
  const open = useMyVerifications();
  const now = useNow();
  const id = useId();
  if (open.length === 0 && !always) {
    return null;
  }
  return (
    <Card title={t("verify.mine")} flush>
      {open.length === 0 ? (
        <p className={classes.nothing}>{t("verify.mineNone")}</p>
      ) : (
        <ul className={classes.list} aria-labelledby={id}>
          {open.map((v) => (
            <li key={v.id}>
              <Link to="/contacts/$id" params={{ id: v.contact_id }}>
                {v.contact_name}
              </Link>
              <span>{t(`method.${v.method as "sms_code"}.name`)}</span>
              <StateBadge state={v.state} />
              <span className="cs-code">{minutesSeconds(secondsLeft(v.expires_at, now))}</span>
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
