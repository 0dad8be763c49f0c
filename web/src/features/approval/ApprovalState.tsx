import { Ban, CircleAlert, CircleCheck, CircleDashed, CircleSlash, Clock, type LucideIcon, UserCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Approval } from "@/api/types";
import { Badge, type Tone } from "@/components/StateBadge";

const looks: Record<Approval["state"], readonly [Tone, LucideIcon]> = {
  pending: ["pending", Clock],
  approved: ["verified", UserCheck],
  executed: ["verified", CircleCheck],
  failed: ["denied", CircleAlert],
  refused: ["denied", Ban],
  withdrawn: ["neutral", CircleSlash],
  expired: ["neutral", CircleDashed],
};

/** How a request stands: colour, icon and word. */
export function ApprovalState({ state }: Pick<Approval, "state">) {
  const { t } = useTranslation();
  const [tone, icon] = looks[state];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`approval.state.${state}`)}
    </Badge>
  );
}
