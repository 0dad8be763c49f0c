import { VisuallyHidden } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { minutesSeconds, secondsLeft } from "@/components/time";
import { useNow } from "@/components/useNow";
import classes from "./Countdown.module.css";

const radius = 30;
const round = 2 * Math.PI * radius;

/** The time left, large, as a ring and as numbers. Spoken only at a minute and at the end, not every second. */
export function Countdown({ from, until, onEnd }: { from: string; until: string; onEnd: () => void }) {
  const { t } = useTranslation();
  const now = useNow(500);
  const left = secondsLeft(until, now);
  const whole = Math.max(1, (Date.parse(until) - Date.parse(from)) / 1000);
  const over = left === 0;
  const end = useRef(onEnd);
  useEffect(() => {
    end.current = onEnd;
  });
  useEffect(() => {
    if (!over) {
      return;
    }
    // The server decides when it is over; ask until it has.
    end.current();
    const timer = setInterval(() => end.current(), 2000);
    return () => clearInterval(timer);
  }, [over]);
  return (
    <div className={classes.countdown} data-short={left <= 60 || undefined}>
      <svg viewBox="0 0 72 72" aria-hidden="true">
        <circle cx="36" cy="36" r={radius} />
        <circle cx="36" cy="36" r={radius} strokeDasharray={round} strokeDashoffset={round * (1 - Math.min(1, left / whole))} />
      </svg>
      <span role="timer" aria-label={t("panel.timeLeft", { time: minutesSeconds(left) })}>
        {minutesSeconds(left)}
      </span>
      <VisuallyHidden role="status">
        {left <= 60 && left > 50 ? t("panel.oneMinute") : over ? t("panel.timeOver") : ""}
      </VisuallyHidden>
    </div>
  );
}
