import { useTranslation } from "react-i18next";
import { duration, timeLeft } from "./time";
import { useNow } from "./useNow";
import classes from "./Progress.module.css";

interface Props {
  /** What is being done, for screen readers. */
  label: string;
  done: number;
  /** 0 while it is not known how much there is. */
  total: number;
  failed?: number;
  startedAt?: string | null;
  state: "queued" | "running" | "done" | "failed" | "canceled";
}

/** How far a long piece of work is: a bar, counts, and the time left as far as it can be told. */
export function Progress({ label, done, total, failed = 0, startedAt, state }: Props) {
  const { t, i18n } = useTranslation();
  const running = state === "running";
  const now = useNow(running ? 1000 : 0);
  const left = running && startedAt ? timeLeft(new Date(startedAt), now, done, total) : null;
  const number = new Intl.NumberFormat(i18n.language);
  const share = state === "done" ? 1 : total > 0 ? Math.min(done / total, 1) : 0;
  const counts = total > 0 ? t("progress.of", { done: number.format(done), total: number.format(total) }) : state === "queued" ? t("progress.queued") : number.format(done);
  return (
    <div className={classes.progress}>
      <div
        className={classes.track}
        role="progressbar"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={total > 0 || state === "done" ? Math.round(share * 100) : undefined}
        aria-valuetext={counts}
      >
        <div className={classes.bar} data-state={state} data-unknown={running && total === 0 ? true : undefined} style={{ inlineSize: `${share * 100}%` }} />
      </div>
      <p className={classes.words}>
        <span>
          {counts}
          {failed > 0 && <span className={classes.failed}> · {t("progress.failed", { count: failed, formatted: number.format(failed) })}</span>}
        </span>
        <span>{left === null ? "" : t("progress.left", { time: duration(left, i18n.language) })}</span>
      </p>
    </div>
  );
}
