import { Ban, Check, CheckCheck, CircleAlert, CircleHelp, Clock, CircleDashed, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Delivery } from "@/api/types";
import { Badge } from "@/components/StateBadge";
import { toneOf } from "./data";

const icons: Record<Delivery["state"], LucideIcon> = {
  planned: Clock,
  sending: Clock,
  unknown: CircleHelp,
  sent: Check,
  delivered: CheckCheck,
  failed: CircleAlert,
  expired: CircleDashed,
  refused: Ban,
};

/** How far a message has come: colour, icon and word. */
export function DeliveryState({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation();
  return (
    <Badge tone={toneOf(delivery)} icon={icons[delivery.state]}>
      {t(`outbox.states.${delivery.reason === "canceled" ? "canceled" : delivery.state}`)}
    </Badge>
  );
}
