import { Ban, Check, CheckCheck, CircleAlert, CircleHelp, Clock, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Verification } from "@/api/types";
import classes from "./Panel.module.css";

const icons: Record<string, LucideIcon> = {
  planned: Clock,
  sending: Clock,
  sent: Check,
  delivered: CheckCheck,
  failed: CircleAlert,
  unknown: CircleHelp,
  expired: Clock,
  refused: Ban,
};

/** How far the message has come. */
export function Delivery({ verification }: { verification: Verification }) {
  const { t } = useTranslation();
  const Icon = icons[verification.delivery] ?? CircleHelp;
  return (
    <span className={classes.delivery} data-state={verification.delivery} role="status">
      <Icon size={15} aria-hidden="true" />
      {t(`delivery.${verification.delivery as "sent"}`, { defaultValue: verification.delivery })}
    </span>
  );
}
