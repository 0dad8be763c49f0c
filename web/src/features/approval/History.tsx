import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { Approval } from "@/api/types";
import { Card } from "@/components/Card";
import { reasonText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import classes from "./Approval.module.css";

interface Step {
  key: string;
  text: string;
  at: string | null;
  more?: string;
}

/** The steps of a request, earliest first. */
function stepsOf(x: Approval, t: TFunction): Step[] {
  const steps: Step[] = [{ key: "asked", text: t(x.break_glass ? "approval.step.glass" : "approval.step.asked", { name: x.requester.name }), at: x.created_at }];
  if (x.decided_at && x.decided_by) {
    steps.push({ key: "decided", text: t(x.state === "refused" ? "approval.step.refused" : "approval.step.approved", { name: x.decided_by.name }), at: x.decided_at, more: x.comment });
  }
  if (x.state === "executed" || x.state === "failed" || x.state === "expired") {
    steps.push({ key: "ended", text: t(`approval.step.${x.state}`), at: x.ended_at ?? x.expires_at, more: x.failure && reasonText(x.failure, t) });
  }
  if (x.state === "withdrawn") {
    steps.push({ key: "ended", text: t("approval.step.withdrawn", { name: x.requester.name }), at: x.ended_at });
  }
  return steps;
}

/** What happened to a request. */
export function History({ request }: { request: Approval }) {
  const { t } = useTranslation();
  return (
    <Card title={t("approval.history")}>
      <ol className={classes.steps}>
        {stepsOf(request, t).map(({ key, text, at, more }) => (
          <li key={key}>
            <strong>{text}</strong> <span className={classes.soft}>{at && <RelativeTime at={at} />}</span>
            {more && <p className={classes.words}>{more}</p>}
          </li>
        ))}
      </ol>
    </Card>
  );
}
