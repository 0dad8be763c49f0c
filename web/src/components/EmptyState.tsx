import { Inbox, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { GuideLink } from "./GuideLink";
import { StateTitle } from "./StateTitle";
import classes from "./states.module.css";

interface Props {
  title: string;
  text?: string;
  icon?: LucideIcon;
  action?: ReactNode;
  /** The place in the guide that tells more: `administrator#first-steps`. */
  guide?: string;
  compact?: boolean;
}

/** Nothing here: one sentence why, one button what next, and where the guide tells more. */
export function EmptyState({ title, text, icon: Icon = Inbox, action, guide, compact }: Props) {
  return (
    <div className={classes.state} data-compact={compact || undefined}>
      <span className={classes.icon}>
        <Icon size={22} aria-hidden="true" />
      </span>
      <StateTitle text={title} />
      {text && <p className={classes.text}>{text}</p>}
      {action}
      {guide && <GuideLink to={guide} />}
    </div>
  );
}
