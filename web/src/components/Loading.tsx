import { Skeleton } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./states.module.css";

// Who looks waits once: a part of the program first, then what it asks for. So a wait that follows another at once goes on where that was.
const wait = { shown: 0, since: 0, left: 0 };

function began(): number {
  const now = performance.now();
  if (wait.shown === 0 && now - wait.left > 100) {
    wait.since = now;
  }
  return wait.since;
}

/** A skeleton at once, and words after 300 ms; never a blank page. */
export function Loading({ rows = 5, height = 32 }: { rows?: number; height?: number }) {
  const { t } = useTranslation();
  const [since] = useState(began);
  const [words, setWords] = useState(() => performance.now() - since >= 300);
  useEffect(() => {
    wait.shown++;
    const timer = setTimeout(() => setWords(true), since + 300 - performance.now());
    return () => {
      wait.shown--;
      wait.left = performance.now();
      clearTimeout(timer);
    };
  }, [since]);
  return (
    <div className={classes.loading} aria-busy="true">
      <p className={classes.words} role="status">
        {words ? t("loading") : "\u00a0"}
      </p>
      {Array.from({ length: rows }, (_, i) => (
        <Skeleton key={i} height={height} radius="sm" />
      ))}
    </div>
  );
}
