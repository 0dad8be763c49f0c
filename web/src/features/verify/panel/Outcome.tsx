import { CloseButton } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import type { Verification } from "@/api/types";
import { useMe } from "@/app/me";
import { iconOf, toneOf } from "@/components/StateBadge";
import { clock } from "@/components/time";
import { useNow } from "@/components/useNow";
import { isDuo } from "./methods";
import classes from "./Outcome.module.css";

interface Props {
  verification: Verification;
  contactName: string;
  onDismiss: () => void;
}

/** The result: colour, icon and word at once, then what it means for the call. */
export function Outcome({ verification, contactName, onDismiss }: Props) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const now = useNow(0);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => box.current?.focus(), []);
  const { state } = verification;
  const Icon = iconOf(state);
  const until = verification.shield_until ? clock(new Date(verification.shield_until), now, i18n.language, me?.technician.time_zone) : null;
  return (
    <div ref={box} tabIndex={-1} className={classes.outcome} data-tone={toneOf(state)} role={state === "verified" ? "status" : "alert"}>
      <Icon size={44} strokeWidth={2.2} aria-hidden="true" />
      <div>
        <h3>{t(`outcome.${state}.title`, { name: contactName })}</h3>
        <p>{state === "send_failed" && isDuo(verification.method) ? t("duo.failed") : t(`outcome.${state}.text`, { name: contactName })}</p>
        <p className={classes.how}>
          {t(`method.${verification.method as "sms_code"}.name`)} · {verification.level} · {verification.address_masked}
          {state === "verified" && until && ` · ${t("outcome.until", { time: until })}`}
        </p>
      </div>
      <CloseButton aria-label={t("dismiss")} onClick={onDismiss} />
    </div>
  );
}
