import { Button, NumberInput, PasswordInput, Select, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { isNotFound } from "@/api/client";
import { useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { problemText } from "@/components/problemText";
import { mailReason } from "./mailReason";
import { SenderDomain } from "./SenderDomain";
import { SettingsCard } from "./SettingsCard";
import { MailboxSettings } from "./MailboxSettings";
import { SettingsForm } from "./SettingsForm";
import classes from "./Settings.module.css";

const queryKey = ["settings", "mail"];

/** The mail server through which mail goes out; without one the sandbox carries it. */
export function MailSettings() {
  const { t } = useTranslation();
  return (
    <>
      <SettingsCard title={t("settings.mail.title")} queryKey={queryKey} load={loadMail}>
        {(value) => <Mail value={value} />}
      </SettingsCard>
      <MailboxSettings />
    </>
  );
}

async function loadMail() {
  try {
    return await must(api.GET("/api/settings/mail"));
  } catch (error) {
    if (isNotFound(error)) {
      return null;
    }
    throw error;
  }
}

function Mail({ value }: { value: Awaited<ReturnType<typeof loadMail>> }) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState(false);
  const configured = Boolean(value?.host);
  return (
    <>
      {!configured && <Callout tone="neutral">{t("settings.mail.sandbox")}</Callout>}
      <SettingsForm
        key={JSON.stringify(value)}
        initial={{
          host: value?.host ?? "",
          port: value?.port || 587,
          tls: value?.tls ?? "starttls",
          username: value?.username ?? "",
          password: "",
          from_address: value?.from_address ?? "",
          from_name: value?.from_name ?? "",
          inbound_address: value?.inbound_address ?? "",
        }}
        onSave={async ({ password, ...values }) => {
          const body = { ...values, ...(password ? { password } : {}) };
          queries.setQueryData(queryKey, await must(api.PUT("/api/settings/mail", { body: body as never })));
        }}
        extra={
          configured && (
            <Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
              {t("settings.mail.remove")}
            </Button>
          )
        }
      >
        {(form) => (
          <>
            <div className={classes.two}>
              <TextInput label={t("settings.mail.host")} placeholder="smtp.example.com" required {...form.getInputProps("host")} />
              <NumberInput label={t("settings.mail.port")} min={1} max={65535} {...form.getInputProps("port")} />
            </div>
            <Select
              label={t("settings.mail.tls")}
              data={(["starttls", "tls", "none"] as const).map((mode) => ({ value: mode, label: t(`settings.mail.tlsMode.${mode}`) }))}
              allowDeselect={false}
              {...form.getInputProps("tls")}
            />
            <div className={classes.two}>
              <TextInput label={t("settings.mail.username")} autoComplete="off" {...form.getInputProps("username")} />
              <PasswordInput
                label={t("signin.password")}
                autoComplete="new-password"
                placeholder={value?.password_set ? t("settings.mail.kept") : undefined}
                visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
                {...form.getInputProps("password")}
              />
            </div>
            <div className={classes.two}>
              <TextInput label={t("settings.mail.from")} type="email" required {...form.getInputProps("from_address")} />
              <TextInput label={t("settings.mail.fromName")} {...form.getInputProps("from_name")} />
            </div>
            <TextInput label={t("settings.mail.inbound")} description={t("settings.mail.inboundHelp")} type="email" {...form.getInputProps("inbound_address")} />
          </>
        )}
      </SettingsForm>
      {configured && <Test />}
      {configured && <SenderDomain />}
      <Confirm
        opened={removing}
        onClose={() => setRemoving(false)}
        title={t("settings.mail.remove")}
        action={t("settings.mail.remove")}
        onConfirm={async () => {
          await must(api.DELETE("/api/settings/mail"));
          await queries.invalidateQueries({ queryKey });
        }}
      >
        {t("settings.mail.removeText")}
      </Confirm>
    </>
  );
}

function Test() {
  const { t } = useTranslation();
  const me = useMe();
  const [to, setTo] = useState(me?.technician.email ?? "");
  const test = useMutation({ mutationFn: () => must(api.POST("/api/settings/mail/test", { body: { to } })) });
  return (
    <Card title={t("settings.mail.test")} level={3}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          test.mutate();
        }}
      >
        <TextInput label={t("settings.mail.testTo")} type="email" value={to} onChange={(e) => setTo(e.currentTarget.value)} />
        {test.isSuccess && <Outcome delivery={test.data} />}
        {test.isError && <Callout tone="denied">{problemText(test.error, t)}</Callout>}
        <div className={classes.buttons}>
          <Button type="submit" variant="default" loading={test.isPending}>
            {t("settings.mail.testSend")}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Outcome({ delivery }: { delivery: { state: string; reason?: string } }) {
  const { t } = useTranslation();
  if (delivery.state === "sent" || delivery.state === "delivered") {
    return (
      <Callout tone="verified" live="polite">
        {t("settings.mail.testDone")}
      </Callout>
    );
  }
  return <Callout tone="denied">{mailReason(delivery.reason ?? delivery.state, t)}</Callout>;
}
