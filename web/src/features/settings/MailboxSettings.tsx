import { Button, NumberInput, PasswordInput, Select, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, isNotFound, must } from "@/api/client";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Confirm } from "@/components/Confirm";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { SettingsCard } from "./SettingsCard";
import { SettingsForm } from "./SettingsForm";
import { mailReason } from "./mailReason";
import classes from "./Settings.module.css";

const queryKey = ["settings", "imap"];

/** The mailbox from which answers are fetched, and how that goes. */
export function MailboxSettings() {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("settings.mailbox.title")} queryKey={queryKey} load={loadMailbox}>
      {(value) => <Mailbox value={value} />}
    </SettingsCard>
  );
}

type Value = Awaited<ReturnType<typeof loadMailbox>>;

async function loadMailbox() {
  try {
    return await must(api.GET("/api/settings/imap"));
  } catch (error) {
    if (isNotFound(error)) {
      return null;
    }
    throw error;
  }
}

function Mailbox({ value }: { value: Value }) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState(false);
  return (
    <>
      {value ? <State value={value} /> : <Callout tone="neutral">{t("settings.mailbox.none")}</Callout>}
      <SettingsForm
        key={value?.version ?? 0}
        initial={{
          host: value?.host ?? "",
          port: value?.port || 993,
          tls: value?.tls ?? "tls",
          username: value?.username ?? "",
          password: "",
          folder: value?.folder ?? "INBOX",
          handled: value?.handled ?? "seen",
          move_to: value?.move_to ?? "",
        }}
        onSave={async ({ password, ...values }) => {
          const body = { ...values, ...(password ? { password } : {}) };
          queries.setQueryData(queryKey, await must(api.PUT("/api/settings/imap", { body: body as never })));
        }}
        extra={
          value && (
            <Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
              {t("settings.mailbox.remove")}
            </Button>
          )
        }
      >
        {(form) => (
          <>
            <div className={classes.two}>
              <TextInput label={t("settings.mail.host")} placeholder="imap.example.com" required {...form.getInputProps("host")} />
              <NumberInput label={t("settings.mail.port")} min={1} max={65535} {...form.getInputProps("port")} />
            </div>
            <Select
              label={t("settings.mail.tls")}
              data={(["tls", "starttls"] as const).map((mode) => ({ value: mode, label: t(`settings.mail.tlsMode.${mode}`) }))}
              allowDeselect={false}
              {...form.getInputProps("tls")}
            />
            <div className={classes.two}>
              <TextInput label={t("settings.mail.username")} autoComplete="off" required {...form.getInputProps("username")} />
              <PasswordInput
                label={t("signin.password")}
                autoComplete="new-password"
                placeholder={value ? t("settings.mail.kept") : undefined}
                visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
                {...form.getInputProps("password")}
              />
            </div>
            <TextInput label={t("settings.mailbox.folder")} {...form.getInputProps("folder")} />
            <Select
              label={t("settings.mailbox.handled")}
              description={t("settings.mailbox.handledHelp")}
              data={(["seen", "move", "delete"] as const).map((what) => ({ value: what, label: t(`settings.mailbox.after.${what}`) }))}
              allowDeselect={false}
              {...form.getInputProps("handled")}
            />
            {form.values.handled === "move" && <TextInput label={t("settings.mailbox.moveTo")} required {...form.getInputProps("move_to")} />}
          </>
        )}
      </SettingsForm>
      {value && <Test />}
      <Confirm
        opened={removing}
        onClose={() => setRemoving(false)}
        title={t("settings.mailbox.remove")}
        action={t("settings.mailbox.remove")}
        onConfirm={async () => {
          await must(api.DELETE("/api/settings/imap"));
          await queries.invalidateQueries({ queryKey });
        }}
      >
        {t("settings.mailbox.removeText")}
      </Confirm>
    </>
  );
}

function State({ value }: { value: NonNullable<Value> }) {
  const { t } = useTranslation();
  const tone = value.state === "waiting" ? "neutral" : value.state === "connected" && !value.reason ? "verified" : "pending";
  return (
    <Callout tone={tone} live="polite">
      {t(`settings.mailbox.state.${value.state}`)} {value.reason && mailReason(value.reason, t)}{" "}
      {value.checked_at && <RelativeTime at={value.checked_at} />}
    </Callout>
  );
}

function Test() {
  const { t } = useTranslation();
  const test = useMutation({ mutationFn: () => must(api.POST("/api/settings/imap/test")) });
  return (
    <div className={classes.form}>
      {test.data?.ok && (
        <Callout tone="verified" live="polite">
          {t("settings.mailbox.testDone", { count: test.data.mails })} {t(test.data.idle ? "settings.mailbox.atOnce" : "settings.mailbox.halfMinute")}
        </Callout>
      )}
      {test.data && !test.data.ok && <Callout tone="denied">{mailReason(test.data.reason ?? "", t)}</Callout>}
      {test.isError && <Callout tone="denied">{problemText(test.error, t)}</Callout>}
      <div className={classes.buttons}>
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          {t("settings.mailbox.test")}
        </Button>
      </div>
    </div>
  );
}
