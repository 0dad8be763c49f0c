import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { useMe } from "@/app/me";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { problemText } from "@/components/problemText";
import classes from "@/features/settings/Settings.module.css";

/** Asks Twilio about the account and sends a text, to see whether both work. */
export function Trial({ enabled }: { enabled: boolean }) {
  const { t } = useTranslation();
  const me = useMe();
  const [to, setTo] = useState(me?.technician.phone ?? "");
  const test = useMutation({ mutationFn: () => must(api.POST("/api/settings/carriers/twilio/test", { body: enabled && to ? { to } : {} })) });
  return (
    <Card title={t("carrier.test")} level={3}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          test.mutate();
        }}
      >
        {enabled && <TextInput label={t("carrier.testTo")} description={t("carrier.testHelp")} type="tel" value={to} onChange={(e) => setTo(e.currentTarget.value)} />}
        {test.isSuccess && <Outcome answer={test.data} />}
        {test.isError && <Callout tone="denied">{problemText(test.error, t)}</Callout>}
        <div className={classes.buttons}>
          <Button type="submit" variant="default" loading={test.isPending}>
            {t("carrier.testSend")}
          </Button>
        </div>
      </form>
    </Card>
  );
}

interface Answer {
  account: { status: string; trial: boolean; name: string };
  message?: { state: string; reason?: string };
}

function Outcome({ answer }: { answer: Answer }) {
  const { t } = useTranslation();
  const { account, message } = answer;
  const good = account.status === "active" && (!message || message.state === "sent" || message.state === "delivered");
  return (
    <Callout tone={good ? "verified" : "denied"} live="polite">
      <div>{t(account.status === "active" ? "carrier.accountGood" : "carrier.accountBad", { name: account.name, status: account.status })}</div>
      {account.trial && <div>{t("carrier.accountTrial")}</div>}
      {message && <div>{good ? t("carrier.trialSent") : t("carrier.trialFailed", { reason: message.reason || message.state })}</div>}
    </Callout>
  );
}
