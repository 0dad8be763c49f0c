import { Tooltip } from "@mantine/core";
import { Shield as Blank, ShieldCheck, ShieldX } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Shield } from "@/api/types";
import { relative } from "./time";
import { useNow } from "./useNow";
import classes from "./StateBadge.module.css";

const looks = {
  none: { tone: "neutral", Icon: Blank },
  verified: { tone: "verified", Icon: ShieldCheck },
  failed: { tone: "denied", Icon: ShieldX },
} as const;

/** The shield of a contact or an address; it goes grey by itself when its time is over. */
export function ShieldBadge({ shield }: { shield: Shield }) {
  const { t, i18n } = useTranslation();
  const now = useNow(5000);
  const over = shield.state === "verified" && shield.expires_at !== null && Date.parse(shield.expires_at) <= now.getTime();
  const state = over ? "none" : shield.state;
  const { tone, Icon } = looks[state];
  const badge = (
    <span className={classes.badge} data-tone={tone}>
      <Icon size={14} aria-hidden="true" />
      {t(`shield.${state}`)}
    </span>
  );
  if (state === "none" || !shield.at) {
    return badge;
  }
  const when = relative(new Date(shield.at), now, i18n.language);
  const how = shield.method ? t(`method.${shield.method as "sms_code"}.name`) : "";
  const label =
    state === "verified" && shield.expires_at
      ? t("shield.detail", { how, when, by: (typeof shield.by === "string" ? shield.by : shield.by?.name) ?? "–", until: relative(new Date(shield.expires_at), now, i18n.language) })
      : t("shield.failedDetail", { how, when });
  return <Tooltip label={label}>{badge}</Tooltip>;
}
