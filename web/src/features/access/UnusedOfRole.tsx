import { Scissors } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Role } from "@/api/types";
import { Callout } from "@/components/Callout";
import { GuardedButton } from "@/components/GuardedButton";
import { type UnusedRight, unusedDays } from "./data";
import { isYounger } from "./times";
import classes from "./Access.module.css";

/** What nobody uses of a role, and since when that is known. */
export interface Known {
  unused: UnusedRight[];
  since: string;
}

// A record of a few days would make almost everything look superfluous.
export const enoughDays = 30;

/** What a role holds without what nobody uses. What programs ask about is kept: it may be what a program is for. */
export function narrowed(role: Role, unused: readonly UnusedRight[]): string[] {
  const drop = new Set(unused.filter((right) => !right.last_asked_at).map((right) => right.permission));
  return role.permissions.filter((name) => !drop.has(name));
}

interface Props extends Known {
  /** Whether a narrower role would hold less, and anything. */
  narrows: boolean;
  onNarrow: () => void;
}

/** How much of a role nobody uses, and the way to a narrower one. */
export function UnusedOfRole({ unused, since, narrows, onNarrow }: Props) {
  const { t } = useTranslation();
  const date = useDate(since);
  const count = unused.length;
  if (count === 0) {
    return null;
  }
  return (
    <Callout tone="neutral" title={isYounger(since, unusedDays) ? t("use.unusedSince", { count, date }) : t("use.unusedHere", { count, days: unusedDays })}>
      {unused.some((right) => right.last_asked_at) && <p className={classes.text}>{t("use.askedText")}</p>}
      {narrows && !isYounger(since, enoughDays) && (
        <GuardedButton needs="admin.roles" variant="default" size="compact-sm" mt={6} leftSection={<Scissors size={14} />} onClick={onNarrow}>
          {t("use.narrow")}
        </GuardedButton>
      )}
    </Callout>
  );
}

/** Stands beside a permission that nobody uses. */
export function UnusedMark({ since }: { since: string }) {
  const { t } = useTranslation();
  const date = useDate(since);
  return <small>{isYounger(since, unusedDays) ? t("use.markSince", { date }) : t("use.mark", { count: unusedDays })}</small>;
}

function useDate(at: string): string {
  return new Intl.DateTimeFormat(useTranslation().i18n.language, { dateStyle: "long" }).format(new Date(at));
}
