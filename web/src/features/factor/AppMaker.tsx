import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { CodeField } from "@/components/CodeField";
import { CopyButton } from "@/components/CopyButton";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { renewFactors } from "./data";
import classes from "./Factor.module.css";

/** Sets an authenticator app up: a picture to scan, and its first code. */
export function AppMaker({ onMade }: { onMade: (recoveryCodes: string[]) => void }) {
  const { t } = useTranslation();
  const prepare = useMutation({ mutationFn: () => must(api.POST("/api/me/factors/totp")) });
  const confirm = useMutation({
    mutationFn: (code: string) => must(api.POST("/api/me/factors/totp/confirm", { body: { code } })),
    onSuccess: async ({ recovery_codes }) => {
      await renewFactors();
      onMade(recovery_codes);
    },
  });
  const start = prepare.mutate;
  const started = useRef(false);
  useEffect(() => {
    // Once, also where React runs effects twice: each call makes another key.
    if (!started.current) {
      started.current = true;
      start();
    }
  }, [start]);
  if (prepare.isError) {
    return <Callout tone="denied">{problemText(prepare.error, t)}</Callout>;
  }
  const setup = prepare.data;
  return (
    <div className={classes.form}>
      <p className={classes.lead}>
        <strong>{t("factor.scan")}</strong>
        <span>{t("factor.scanText")}</span>
      </p>
      <div className={classes.qr}>{setup ? <img src={setup.qr} alt={t("factor.qr")} width={216} height={216} /> : <Loading rows={4} />}</div>
      <div className={classes.lead}>
        <span>{t("factor.secret")}</span>
        <span className={classes.secret}>
          <code className="cs-code">{setup?.secret.replace(/(.{4})(?=.)/g, "$1 ") ?? "…"}</code>
          {setup && <CopyButton value={setup.secret} />}
        </span>
      </div>
      <p className={classes.lead}>
        <strong>{t("factor.typeFirst")}</strong>
      </p>
      <CodeField
        digits={6}
        own
        label={t("second.appLabel")}
        busy={confirm.isPending || confirm.isSuccess || !setup}
        wrong={confirm.isError}
        attempt={confirm.submittedAt}
        onCode={(code) => confirm.mutate(code)}
      />
      {confirm.isError && <Callout tone="denied">{problemText(confirm.error, t)}</Callout>}
    </div>
  );
}
