import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Circle, CircleCheck, CircleDashed } from "lucide-react";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { usePersonal } from "@/app/personal";
import { Card } from "@/components/Card";
import { GuideLink } from "@/components/GuideLink";
import { useUndo } from "@/components/useUndo";
import { useFirstSteps } from "./firstSteps";
import classes from "./DeskPage.module.css";

/** The first day: what to do next, ticked off by what is there. It goes away for good when all is done, or when put away. */
export function Checklist() {
  const { t } = useTranslation();
  const can = useCan();
  const undo = useUndo();
  const [hidden, setHidden] = usePersonal("desk.checklist.hidden", false, readFlag);
  const wanted = !hidden && can("admin.settings");
  const { steps, isPending } = useFirstSteps(wanted);
  const finished = wanted && !isPending && steps.every((step) => step.done);
  useEffect(() => {
    // Kept, so that nobody sees it come and go again.
    if (finished) {
      setHidden(true);
    }
  }, [finished, setHidden]);
  if (!wanted || finished) {
    return null;
  }
  const hide = () => {
    setHidden(true);
    undo(t("checklist.hidden"), async () => setHidden(false));
  };
  return (
    <div className={classes.checklist}>
      <Card
        title={
          <>
            {t("checklist.title")} <span className={classes.count}>{isPending ? "\u00a0" : t("progress.of", { done: steps.filter((s) => s.done).length, total: steps.length })}</span>
          </>
        }
        actions={
          <>
            <GuideLink to="administrator#first-steps" />
            <Button variant="subtle" color="gray" size="compact-sm" onClick={hide}>
              {t("checklist.hide")}
            </Button>
          </>
        }
      >
        <ol className={classes.steps}>
          {steps.map((step) => (
            <li key={step.key} data-done={(step.done && !isPending) || undefined}>
              {isPending ? (
                <CircleDashed size={20} aria-hidden="true" />
              ) : step.done ? (
                <CircleCheck size={20} aria-label={t("checklist.done")} />
              ) : (
                <Circle size={20} aria-label={t("checklist.open")} />
              )}
              <Link to={step.to}>{t(`checklist.${step.key}.title`)}</Link>
              <p>{t(`checklist.${step.key}.text`)}</p>
            </li>
          ))}
        </ol>
      </Card>
    </div>
  );
}

function readFlag(kept: unknown): boolean | undefined {
  return typeof kept === "boolean" ? kept : undefined;
}
