import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { Panel, Verification } from "@/api/types";
import { useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { panelQuery, renewVerifications, useCodeDigits } from "@/features/verify/data";
import { Digits } from "@/features/verify/Digits";
import { CodeField } from "@/components/CodeField";
import { Countdown } from "./Countdown";
import { Delivery } from "./Delivery";
import { duoDigits, isDuo } from "./methods";
import { spokenNumber } from "./spoken";
import classes from "./Panel.module.css";

interface Props {
  verification: Verification;
  onEnd: (verification: Verification) => void;
}

/** A verification that runs: the time left, what to say, and the field for what the caller reads out. */
export function Pending({ verification, onEnd }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const usual = useCodeDigits();
  const duo = isDuo(verification.method);
  const digits = duo ? duoDigits : usual;
  // Without digits a push proves L2; there is nothing to type then.
  const push = duo && verification.level === "L2";
  const region = useRef<HTMLElement>(null);
  const mine = verification.technician.id === me?.technician.id;
  // They answer on a page, and type there the number that the technician speaks.
  const link = verification.form === "page";
  const path = { params: { path: { id: verification.id } } };

  const settle = (ended: Verification) => {
    onEnd(ended);
    queries.setQueryData<Panel>(panelQuery(ended.contact_id).queryKey, (old) => old && { ...old, pending: ended.state === "pending" ? ended : null });
  };
  const renew = () => renewVerifications(verification.contact_id);
  const check = useMutation({
    mutationFn: (code: string) => must(api.POST("/api/verifications/{id}/check", { ...path, body: { code } })),
    onSuccess: settle,
    onSettled: renew,
  });
  const cancel = useMutation({ mutationFn: () => must(api.POST("/api/verifications/{id}/cancel", path)), onSuccess: settle, onSettled: renew });
  useEffect(() => {
    if (link || push) {
      region.current?.focus();
    }
  }, [link, push]);

  const wrong = check.error instanceof ApiError && check.error.status === 422;
  return (
    <section ref={region} tabIndex={-1} className={classes.pending} aria-label={t("panel.running", { name: verification.contact_name })}>
      <div className={classes.clock}>
        <Countdown from={verification.created_at} until={verification.expires_at} onEnd={renew} />
        <div>
          <strong>{t(`method.${verification.method as "sms_code"}.name`)}</strong> {t("panel.to", { address: verification.address_masked })}
          <Delivery verification={verification} />
        </div>
      </div>
      {!mine ? (
        <Callout tone="neutral">{t("panel.others", { name: verification.technician.name })}</Callout>
      ) : link ? (
        <Spoken verification={verification} />
      ) : push || (duo && check.isSuccess) ? (
        <>
          <p className={classes.say}>{t(push ? "duo.approve" : "duo.half", { name: verification.contact_name })}</p>
          <p className={classes.quiet} role="status">
            {t("duo.waiting", { name: verification.contact_name })}
          </p>
        </>
      ) : (
        <>
          <p className={classes.say}>{duo ? t("duo.ask", { name: verification.contact_name }) : t("panel.ask", { count: digits, name: verification.contact_name })}</p>
          <CodeField digits={digits} busy={check.isPending} wrong={wrong} attempt={check.submittedAt} onCode={(code) => check.mutate(code)} />
          <div role="alert" className={classes.wrong}>
            {check.isError && !check.isPending && (
              <Callout tone="denied" live="off">
                {wrong ? t("panel.wrong") : problemText(check.error, t)} {wrong && t("panel.triesLeft", { count: verification.tries_left })}
              </Callout>
            )}
          </div>
        </>
      )}
      {mine && (
        <div className={classes.foot}>
          <Button variant="subtle" color="gray" loading={cancel.isPending} onClick={() => cancel.mutate()}>
            {t("panel.cancel")}
          </Button>
        </div>
      )}
    </section>
  );
}

function Spoken({ verification }: { verification: Verification }) {
  const { t } = useTranslation();
  const number = spokenNumber(verification);
  if (!number) {
    return <Callout tone="pending">{t("panel.spokenLost")}</Callout>;
  }
  return (
    <>
      <p className={classes.say}>{t("panel.speak", { name: verification.contact_name })}</p>
      <Digits value={number} label={t("panel.spoken")} />
      <p className={classes.quiet} role="status">
        {t("panel.waitingLink", { name: verification.contact_name })}
      </p>
    </>
  );
}
