import { Button, CloseButton } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./List.module.css";

/** What an action on several rows works on. */
export interface Selection<T> {
  /** Everything that matches `filter`, also what is not on screen. */
  all: boolean;
  /** The ids chosen one by one; empty when `all`. */
  ids: string[];
  /** Those of the chosen rows that are on screen. */
  rows: T[];
  /** The search and the filters as the server takes them. */
  filter: Record<string, string>;
  /** How many; null while "all" is being counted, or when there are more than the console counts. */
  count: number | null;
  clear: () => void;
}

interface Props {
  count: number | null;
  all: boolean;
  /** Chooses everything that matches the filter; absent when all of it is chosen already. */
  onAll?: () => void;
  onClear: () => void;
  children: ReactNode;
}

/** At the foot of a list while rows are chosen: how many, all that match, and what can be done with them. */
export function BulkBar({ count, all, onAll, onClear, children }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.bulk} role="region" aria-label={t("list.bulk")}>
      <CloseButton size="sm" aria-label={t("list.unselect")} title={t("list.unselect")} onClick={onClear} />
      <strong role="status">{all && count === null ? t("list.selectedAll") : t("list.selected", { count: count ?? 0 })}</strong>
      {onAll && (
        <Button variant="subtle" size="compact-sm" onClick={onAll}>
          {t("list.selectAll")}
        </Button>
      )}
      <div className={classes.bulkActions}>{children}</div>
    </div>
  );
}
