import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "@mantine/core";
import { Callout } from "@/components/Callout";
import { Dialog } from "@/components/Dialog";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { AppCard } from "./AppCard";
import { factorsQuery } from "./data";
import classes from "./Factor.module.css";
import { KeysCard } from "./KeysCard";
import { RecoveryCard } from "./RecoveryCard";
import { RecoveryCodes } from "./RecoveryCodes";

/** One's own passkeys, security keys, authenticator app and recovery codes. */
export function FactorsSettings() {
  const { t } = useTranslation();
  const query = useQuery(factorsQuery);
  const [codes, setCodes] = useState<string[]>([]);
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  if (!query.data) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const factors = query.data;
  const count = factors.passkeys.length + (factors.totp ? 1 : 0);
  return (
    <>
      <KeysCard keys={factors.passkeys} onCodes={setCodes} />
      <AppCard enrolledAt={factors.totp?.enrolled_at ?? null} onCodes={setCodes} />
      <RecoveryCard left={factors.recovery_codes_left} enrolled={count > 0} onCodes={setCodes} />
      {factors.required && count === 1 && <Callout tone="neutral">{t("factor.required")}</Callout>}
      <Dialog opened={codes.length > 0} onClose={() => setCodes([])} title={t("enrol.save")}>
        <div className={classes.form}>
          <p className={classes.lead}>{t("enrol.saveText")}</p>
          <RecoveryCodes codes={codes} />
          <Button onClick={() => setCodes([])}>{t("enrol.saved")}</Button>
        </div>
      </Dialog>
    </>
  );
}
