import { Skeleton } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./states.module.css";

/** A skeleton at once, and words after 300 ms; never a blank page. */
export function Loading({ rows = 5, height = 32 }: { rows?: number; height?: number }) {
  const { t } = useTranslation();
  const [words, setWords] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setWords(true), 300);
    return () => clearTimeout(timer);
  }, []);
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
