import { Check } from "lucide-react";
import { useTranslation } from "react-i18next";
import classes from "./Steps.module.css";

interface Props {
  steps: readonly { key: string; title: string }[];
  current: string;
  /** Leads back to a step that is over; without it the steps only show where one is. */
  onStep?: (key: string) => void;
  compact?: boolean;
}

/** Where one is in something that has an order. Steps that are over lead back. */
export function Steps({ steps, current, onStep, compact }: Props) {
  const { t } = useTranslation();
  const at = steps.findIndex((s) => s.key === current);
  return (
    <ol className={classes.steps} data-compact={compact || undefined} aria-label={t("step.of", { number: at + 1, count: steps.length })}>
      {steps.map((step, i) => {
        const done = i < at;
        const inner = (
          <>
            <span className={classes.number} aria-hidden="true">
              {done ? <Check size={13} /> : i + 1}
            </span>
            <span className={classes.name}>{step.title}</span>
          </>
        );
        return (
          <li key={step.key} data-state={i === at ? "now" : done ? "done" : "next"} aria-current={i === at ? "step" : undefined}>
            {done && onStep ? (
              <button type="button" onClick={() => onStep(step.key)}>
                {inner}
              </button>
            ) : (
              <span>{inner}</span>
            )}
          </li>
        );
      })}
    </ol>
  );
}
