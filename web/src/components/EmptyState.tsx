import { Inbox, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./states.module.css";

interface Props {
  title: string;
  text?: string;
  icon?: LucideIcon;
  action?: ReactNode;
  compact?: boolean;
}

/** Nothing here: one sentence why, one button what next. */
export function EmptyState({ title, text, icon: Icon = Inbox, action, compact }: Props) {
  return (
    <div className={classes.state} data-compact={compact || undefined}>
      <span className={classes.icon}>
        <Icon size={22} aria-hidden="true" />
      </span>
      <p className={classes.title}>{title}</p>
      {text && <p className={classes.text}>{text}</p>}
      {action}
    </div>
  );
}
