import { ChevronDown, ChevronsUp, ChevronUp, Equal } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Ticket } from "@/api/types";
import classes from "./Priority.module.css";

export const priorities = ["urgent", "high", "normal", "low"] as const;

const icons = { urgent: ChevronsUp, high: ChevronUp, normal: Equal, low: ChevronDown };

/** How soon a ticket wants somebody: icon and word together. */
export function Priority({ value }: { value: Ticket["priority"] }) {
  const { t } = useTranslation();
  const Icon = icons[value];
  return (
    <span className={classes.priority} data-level={value}>
      <Icon size={15} aria-hidden="true" />
      {t(`priority.${value}`)}
    </span>
  );
}
