import { TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { StateBadge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import { type FactorState, longDate } from "./data";
import classes from "./Factor.module.css";

interface Props {
  technician: { id: string; name: string; owner: boolean };
}

/** Which second factors a technician has, for administrators, and the way to take them from somebody who lost them. */
export function FactorsCard({ technician }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const { id, name } = technician;
  const queryKey = ["technicians", id, "factors"];
  const query = useQuery({ queryKey, queryFn: () => must(api.GET("/api/technicians/{id}/factors", { params: { path: { id } } })) });
  const [asking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const state = query.data;
  const enrolled = state !== undefined && (state.totp || state.passkeys + state.security_keys > 0);
  const own = me?.technician.id === id;
  const taken = () => {
    setReason("");
    void queries.invalidateQueries({ queryKey });
    void queries.invalidateQueries({ queryKey: ["sessions"] });
    toast(t("factor.resetDone", { name }));
  };
  return (
    <Card
      title={t("factor.admin")}
      actions={
        !own &&
        !technician.owner &&
        (enrolled || (state?.recovery_codes_left ?? 0) > 0) && (
          <GuardedButton needs="admin.technicians" variant="default" size="compact-sm" leftSection={<RotateCcw size={14} />} onClick={() => setAsking(true)}>
            {t("factor.reset")}
          </GuardedButton>
        )
      }
    >
      {query.isPending ? <Loading rows={4} /> : state ? <Facts state={state} enrolled={enrolled} /> : <ErrorState error={query.error} retry={() => void query.refetch()} compact />}
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("factor.resetTitle")}
        action={t("factor.reset")}
        onConfirm={async () => {
          await must(api.POST("/api/technicians/{id}/reset-factors", { params: { path: { id } }, body: { reason: reason.trim() } }));
          taken();
        }}
        onDone={taken}
        reason={reason}
      >
        <div className={classes.form}>
          {t("factor.resetText", { name })}
          <TextInput label={t("factor.resetReason")} description={t("factor.resetReasonHelp")} value={reason} maxLength={500} onChange={(e) => setReason(e.currentTarget.value)} />
        </div>
      </Confirm>
    </Card>
  );
}

function Facts({ state, enrolled }: { state: FactorState; enrolled: boolean }) {
  const { t, i18n } = useTranslation();
  const due = state.due_at && longDate(state.due_at, i18n.language);
  return (
    <>
      <dl className={classes.facts}>
        <dt>{t("factor.adminApp")}</dt>
        <dd>{state.totp ? t("factor.yes") : t("factor.no")}</dd>
        <dt>{t("factor.adminPasskeys")}</dt>
        <dd>{state.passkeys}</dd>
        <dt>{t("factor.adminKeys")}</dt>
        <dd>{state.security_keys}</dd>
        <dt>{t("factor.adminRecovery")}</dt>
        <dd>{state.recovery_codes_left}</dd>
      </dl>
      <p className={classes.banner}>
        <StateBadge state={enrolled ? "verified" : state.required ? "denied" : "none"} label={enrolled ? t("factor.adminSome") : t("factor.adminMissing")} />
        {!state.required ? t("factor.adminOptional") : due && !enrolled ? t("factor.adminDue", { date: due }) : t("factor.adminRequired")}
      </p>
    </>
  );
}
