import { Button, NumberInput, PasswordInput, Stack, Switch, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, isNotFound, must } from "@/api/client";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Confirm } from "@/components/Confirm";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import classes from "@/features/settings/Settings.module.css";
import { GatewaySettings } from "./Gateway";
import { Numbers } from "./Numbers";
import { SendingSettings } from "./Sending";
import { Trial } from "./Trial";
import { Webhooks } from "./Webhooks";

const queryKey = ["settings", "twilio"];
const path = "/api/settings/carriers/twilio";

/** What carries texts and calls; without a carrier the sandbox does. */
export function CarrierSettings() {
  return (
    <Stack>
      <SettingsCard title="Twilio" queryKey={queryKey} load={load}>
        {(value) => <Twilio value={value} />}
      </SettingsCard>
      <GatewaySettings />
      <SendingSettings />
    </Stack>
  );
}

async function load() {
  try {
    return await must(api.GET(path));
  } catch (error) {
    if (isNotFound(error)) {
      return null;
    }
    throw error;
  }
}

type Value = NonNullable<Awaited<ReturnType<typeof load>>>;

function Twilio({ value }: { value: Value | null }) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState(false);
  return (
    <>
      <State value={value} />
      <SettingsForm
        key={value?.version ?? 0}
        initial={{
          enabled: value?.enabled ?? true,
          account_sid: value?.account_sid ?? "",
          auth_token: "",
          alternate_token: "",
          api_key_sid: value?.api_key_sid ?? "",
          api_key_secret: "",
          sms_number: value?.sms_number ?? "",
          voice_number: value?.voice_number ?? "",
          messaging_service_sid: value?.messaging_service_sid ?? "",
          messages_per_minute: value?.messages_per_minute ?? 60,
          base_url: value?.base_url ?? "https://api.twilio.com",
        }}
        onSave={async ({ auth_token, alternate_token, api_key_secret, ...values }) => {
          const body = { ...values, ...(auth_token && { auth_token }), ...(alternate_token && { alternate_token }), ...(api_key_secret && { api_key_secret }) };
          queries.setQueryData(queryKey, await must(api.PUT(path, { body: body as never })));
          void queries.invalidateQueries({ queryKey: ["settings", "verification"] });
        }}
        extra={
          value && (
            <Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
              {t("carrier.remove")}
            </Button>
          )
        }
      >
        {(form) => {
          const secret = (label: string, field: "auth_token" | "alternate_token" | "api_key_secret", kept: boolean | undefined, description?: string) => (
            <PasswordInput
              label={label}
              description={description}
              autoComplete="new-password"
              placeholder={kept ? t("settings.mail.kept") : undefined}
              visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
              {...form.getInputProps(field)}
            />
          );
          return (
            <>
              <Switch label={t("carrier.enabled")} description={t("carrier.enabledHelp")} {...form.getInputProps("enabled", { type: "checkbox" })} />
              <TextInput label={t("carrier.account")} placeholder="AC…" required autoComplete="off" {...form.getInputProps("account_sid")} />
              {secret(t("carrier.token"), "auth_token", value?.auth_token_set, t("carrier.tokenHelp"))}
              {secret(t("carrier.alternate"), "alternate_token", value?.alternate_token_set, t("carrier.alternateHelp"))}
              <div className={classes.two}>
                <TextInput label={t("carrier.key")} placeholder="SK…" autoComplete="off" {...form.getInputProps("api_key_sid")} />
                {secret(t("carrier.secret"), "api_key_secret", value?.api_key_secret_set)}
              </div>
              <div className={classes.two}>
                <TextInput label={t("carrier.sms")} description={t("carrier.smsHelp")} type="tel" {...form.getInputProps("sms_number")} />
                <TextInput label={t("carrier.voice")} description={t("carrier.voiceHelp")} type="tel" {...form.getInputProps("voice_number")} />
              </div>
              <div className={classes.two}>
                <TextInput label={t("carrier.service")} placeholder="MG…" autoComplete="off" {...form.getInputProps("messaging_service_sid")} />
                <NumberInput label={t("carrier.rate")} min={1} max={6000} {...form.getInputProps("messages_per_minute")} />
              </div>
              <TextInput label={t("carrier.base")} description={t("carrier.baseHelp")} type="url" {...form.getInputProps("base_url")} />
            </>
          );
        }}
      </SettingsForm>
      {value && (
        <Stack mt="md">
          <Webhooks addresses={value.webhooks} />
          <Numbers key={value.version} />
          <Trial enabled={value.enabled && Boolean(value.sms_number)} />
        </Stack>
      )}
      <Confirm
        opened={removing}
        onClose={() => setRemoving(false)}
        title={t("carrier.remove")}
        action={t("carrier.remove")}
        onConfirm={async () => {
          await must(api.DELETE(path));
          await queries.invalidateQueries({ queryKey: ["settings"] });
        }}
      >
        {t("carrier.removeText")}
      </Confirm>
    </>
  );
}

/** In words: what carries texts and calls now, and what stands in the way. */
function State({ value }: { value: Value | null }) {
  const { t } = useTranslation();
  if (!value?.enabled) {
    return <Callout tone="neutral">{t(value ? "carrier.off" : "carrier.sandbox")}</Callout>;
  }
  if (!value.webhooks.reachable) {
    return <Callout tone="pending">{t("carrier.unreachable")}</Callout>;
  }
  return <Callout tone="neutral">{t("carrier.untried")}</Callout>;
}
