import { Button, Group, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Check, Download, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Approval } from "@/api/types";
import { useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { problemText, reasonText } from "@/components/problemText";
import { clock, duration, secondsLeft } from "@/components/time";
import { toast } from "@/components/toast";
import { useNow } from "@/components/useNow";
import classes from "./Approval.module.css";
import { approvalQuery, approve, fileHref, refuse, withdraw } from "./data";

interface Props {
  request: Approval;
  /** Of the link that led here. */
  signature?: string;
}

/** What the reader can do with a request: decide, withdraw, use; or why nothing can be decided. */
export function Decide({ request, signature }: Props) {
  const { t } = useTranslation();
  const { may, state } = request;
  const here = useRef<HTMLDivElement>(null);
  const before = useRef(state);
  // The buttons go with the decision, and the focus with them: on to what has become of it.
  useEffect(() => {
    if (before.current !== state && document.activeElement === document.body) {
      here.current?.focus({ preventScroll: true });
    }
    before.current = state;
  }, [state]);
  return (
    <Card title={t("approval.decide")}>
      <div className={classes.decide} ref={here} tabIndex={-1}>
        {state === "pending" ? <Left request={request} /> : <Ended request={request} />}
        {may.decide && <Choice key={request.version} request={request} signature={signature} />}
        {state === "pending" && !may.decide && !may.withdraw && <Callout tone="neutral">{reasonText(may.why_not ?? "", t)}</Callout>}
        {state === "pending" && may.withdraw && <p>{t("approval.mineText")}</p>}
        {may.use && <Use request={request} />}
        {may.withdraw && <Withdraw request={request} />}
      </div>
    </Card>
  );
}

/** How long a request can still be decided, in words. */
function Left({ request }: { request: Approval }) {
  const { t, i18n } = useTranslation();
  const seconds = secondsLeft(request.expires_at, useNow(1000));
  return <p className={classes.left}>{seconds > 0 ? t("approval.left", { time: duration(seconds, i18n.language) }) : t("approval.over")}</p>;
}

function useTimeOfDay() {
  const { i18n } = useTranslation();
  const me = useMe();
  const now = useNow(60_000);
  return (at: string | null) => (at ? clock(new Date(at), now, i18n.language, me?.technician.time_zone || me?.organization.time_zone) : "");
}

/** Why there is nothing to decide any more. */
function Ended({ request }: { request: Approval }) {
  const { t } = useTranslation();
  const time = useTimeOfDay();
  const { state, may, failure, decided_at, action, break_glass: glass } = request;
  if (state === "pending") {
    return null;
  }
  const key = state === "approved" && (may.use || action === "audit.export") ? "usable" : state === "expired" && decided_at ? "usedUp" : state === "executed" && glass ? "glass" : state;
  return (
    <Callout tone={state === "failed" ? "denied" : state === "executed" || state === "approved" ? "verified" : "neutral"} live="polite">
      {t(`approval.stateText.${key}`, { time: time(request.usable_until) })} {failure && reasonText(failure, t)}
    </Callout>
  );
}

function whatFollows(action: string): "approveAccess" | "approveFile" | "approveText" {
  switch (action) {
    case "grant":
    case "permission.use":
      return "approveAccess";
    case "audit.export":
      return "approveFile";
    default:
      return "approveText";
  }
}

function Choice({ request, signature }: Props) {
  const { t } = useTranslation();
  const [comment, setComment] = useState("");
  const decision = useMutation({
    mutationFn: (yes: boolean) => (yes ? approve : refuse)(request, { comment, signature }),
    onSuccess: (_, yes) => toast(t(yes ? "approval.approved" : "approval.refused")),
    onError: () => void queries.invalidateQueries({ queryKey: approvalQuery(request.id).queryKey }),
  });
  return (
    <>
      <p className={classes.soft}>{t(`approval.${whatFollows(request.action)}`)}</p>
      {decision.isError && <Callout tone="denied">{problemText(decision.error, t)}</Callout>}
      <Textarea label={t("approval.comment")} description={t("approval.commentHelp")} autosize minRows={2} maxRows={6} maxLength={500} value={comment} onChange={(e) => setComment(e.currentTarget.value)} />
      <Group gap={8}>
        <Button leftSection={<Check size={16} />} loading={decision.isPending && decision.variables} disabled={decision.isPending} onClick={() => decision.mutate(true)}>
          {t("approval.approve")}
        </Button>
        <Button variant="default" leftSection={<X size={16} />} loading={decision.isPending && !decision.variables} disabled={decision.isPending} onClick={() => decision.mutate(false)}>
          {t("approval.refuse")}
        </Button>
      </Group>
    </>
  );
}

function Use({ request }: { request: Approval }) {
  const { t } = useTranslation();
  return (
    <div>
      <Button
        component="a"
        href={fileHref(request)}
        download={request.parameters.format === "csv" ? "audit.csv" : "audit.jsonl"}
        leftSection={<Download size={16} />}
        // The download uses the approval up; the server says so by an event, but a lost one must not leave the button.
        onClick={() => setTimeout(() => void queries.invalidateQueries({ queryKey: ["approvals"] }), 2000)}
      >
        {t("approval.use")}
      </Button>
    </div>
  );
}

function Withdraw({ request }: { request: Approval }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  return (
    <div>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t("approval.withdraw")}
      </Button>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("approval.withdrawTitle")}
        action={t("approval.withdraw")}
        onConfirm={async () => {
          await withdraw(request);
          toast(t("approval.withdrawn"));
        }}
      >
        {t("approval.withdrawText")}
      </Confirm>
    </div>
  );
}
