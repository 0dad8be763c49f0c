import { Ban, CheckCircle2, CircleAlert, CircleDashed, CircleSlash, Clock, Hourglass, MessageSquareX, Snowflake, Timer, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
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
  waiting: ["neutral", Hourglass],
  queued: ["neutral", Hourglass],
  running: ["pending", Timer],
  done: ["verified", CheckCircle2],
  accepted: ["verified", CheckCircle2],
  revoked: ["neutral", CircleSlash],
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

/** A word with its tone and icon, for what is not one of the states. */
export function Badge({ tone, icon: Icon, children }: { tone: Tone; icon: LucideIcon; children: ReactNode }) {
  return (
    <span className={classes.badge} data-tone={tone}>
      <Icon size={14} aria-hidden="true" />
      {children}
    </span>
  );
}

/** A state: always colour, icon and word together. */
export function StateBadge({ state, label }: { state: State; label?: string }) {
  const { t } = useTranslation();
  return (
    <Badge tone={toneOf(state)} icon={iconOf(state)}>
      {label ?? t(`state.${state}`)}
    </Badge>
  );
}
