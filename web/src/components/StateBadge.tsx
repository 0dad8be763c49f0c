import { Ban, CheckCircle2, CircleAlert, CircleDashed, CircleSlash, Clock, MessageSquareX, Snowflake, Timer, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import classes from "./StateBadge.module.css";

export type Tone = "verified" | "pending" | "denied" | "neutral";

const looks = {
  pending: ["pending", Clock],
  claimed: ["pending", Timer],
  verified: ["verified", CheckCircle2],
  confirmed: ["verified", CheckCircle2],
  confirmed_verbally: ["verified", CheckCircle2],
  failed: ["denied", CircleAlert],
  denied: ["denied", Ban],
  expired: ["neutral", CircleDashed],
  canceled: ["neutral", CircleSlash],
  send_failed: ["denied", MessageSquareX],
  frozen: ["denied", Snowflake],
  none: ["neutral", CircleDashed],
  open: ["pending", Clock],
  closed: ["neutral", CheckCircle2],
  active: ["verified", CheckCircle2],
  inactive: ["neutral", CircleSlash],
  suspended: ["denied", Ban],
  over_limit: ["denied", CircleAlert],
  invitation: ["pending", Clock],
  activated: ["verified", CheckCircle2],
  success: ["neutral", CheckCircle2],
  error: ["denied", CircleAlert],
} as const satisfies Record<string, readonly [Tone, LucideIcon]>;

export type State = keyof typeof looks;

/** The tone of a state, for things that are larger than a badge. */
export function toneOf(state: State): Tone {
  return looks[state][0];
}

/** The icon of a state. */
export function iconOf(state: State): LucideIcon {
  return looks[state][1];
}

/** A state: always colour, icon and word together. */
export function StateBadge({ state, label }: { state: State; label?: string }) {
  const { t } = useTranslation();
  const Icon = iconOf(state);
  return (
    <span className={classes.badge} data-tone={toneOf(state)}>
      <Icon size={14} aria-hidden="true" />
      {label ?? t(`state.${state}`)}
    </span>
  );
}
