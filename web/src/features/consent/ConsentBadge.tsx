import { Ban, CheckCircle2, CircleDashed, Clock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Badge } from "@/components/StateBadge";
import type { ConsentState } from "./data";

const looks = { opted_in: ["verified", CheckCircle2], sent: ["pending", Clock], opted_out: ["denied", Ban], unknown: ["neutral", CircleDashed] } as const;

/** Whether somebody agreed to texts and calls. */
export function ConsentBadge({ state }: { state: ConsentState }) {
  const { t } = useTranslation();
  const [tone, icon] = looks[state];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`consent.state.${state}`)}
    </Badge>
  );
}
