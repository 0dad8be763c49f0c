import { CheckCircle2, CircleAlert, Info, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Tone } from "./StateBadge";
import classes from "./Callout.module.css";

const icons = { verified: CheckCircle2, pending: TriangleAlert, denied: CircleAlert, neutral: Info };

interface Props {
  tone: Tone;
  title?: string;
  children?: ReactNode;
  /** A refusal is announced at once by default; anything else politely, where it appears after an action. */
  live?: "off" | "polite" | "assertive";
}

/** A short message set off from the text around it. */
export function Callout({ tone, title, children, live = tone === "denied" ? "assertive" : "off" }: Props) {
  const Icon = icons[tone];
  const role = live === "assertive" ? "alert" : live === "polite" ? "status" : undefined;
  return (
    <div className={classes.callout} data-tone={tone} role={role}>
      <Icon size={18} aria-hidden="true" />
      <div>
        {title && <p className={classes.title}>{title}</p>}
        {children}
      </div>
    </div>
  );
}
