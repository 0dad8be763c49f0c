import { Button, NumberInput, PasswordInput, Stack, Switch, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, isNotFound, must } from "@/api/client";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { CopyButton } from "@/components/CopyButton";
import { problemText } from "@/components/problemText";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import classes from "@/features/settings/Settings.module.css";

const queryKey = ["settings", "gateway"];
const path = "/api/settings/carriers/gateway";

/** Any other provider, by the small interface of docs/gateway.md. */
export function GatewaySettings() {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("carrier.gateway.title")} queryKey={queryKey} load={load}>
      {(value) => <Gateway value={value} />}
    </SettingsCard>
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

function Gateway({ value }: { value: Value | null }) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState(false);
  return (
    <>
      <Callout tone={value && !value.reachable ? "pending" : "neutral"}>{t(value && !value.reachable ? "carrier.gateway.unreachable" : "carrier.gateway.text")}</Callout>
      <SettingsForm
        key={value?.version ?? 0}
        initial={{
          enabled: value?.enabled ?? true,
          base_url: value?.base_url ?? "",
          secret: "",
          alternate_secret: "",
          sms_number: value?.sms_number ?? "",
          voice_number: value?.voice_number ?? "",
          messages_per_minute: value?.messages_per_minute ?? 60,
        }}
        onSave={async ({ secret, alternate_secret, ...values }) => {
          const body = { ...values, ...(secret && { secret }), ...(alternate_secret && { alternate_secret }) };
          queries.setQueryData(queryKey, await must(api.PUT(path, { body: body as never })));
          void queries.invalidateQueries({ queryKey: ["settings", "verification"] });
        }}
        extra={
          value && (
            <Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
              {t("carrier.gateway.remove")}
            </Button>
          )
        }
      >
        {(form) => {
          const secret = (label: string, field: "secret" | "alternate_secret", kept: boolean | undefined, description: string) => (
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
              <Switch label={t("carrier.gateway.enabled")} description={t("carrier.enabledHelp")} {...form.getInputProps("enabled", { type: "checkbox" })} />
              <TextInput label={t("carrier.gateway.base")} placeholder="https://sms.example.com/v1" type="url" required {...form.getInputProps("base_url")} />
              {secret(t("carrier.gateway.secret"), "secret", value !== null, t("carrier.gateway.secretHelp"))}
              {secret(t("carrier.gateway.alternate"), "alternate_secret", value?.alternate_secret_set, t("carrier.gateway.alternateHelp"))}
              <div className={classes.two}>
                <TextInput label={t("carrier.sms")} description={t("carrier.smsHelp")} type="tel" {...form.getInputProps("sms_number")} />
                <TextInput label={t("carrier.voice")} description={t("carrier.gateway.voiceHelp")} type="tel" {...form.getInputProps("voice_number")} />
              </div>
              <NumberInput label={t("carrier.rate")} min={1} max={6000} {...form.getInputProps("messages_per_minute")} />
            </>
          );
        }}
      </SettingsForm>
      {value && (
        <Stack mt="md">
          <Card title={t("carrier.gateway.callbacks")} level={3}>
            <ul className={classes.items}>
              {[
                { name: t("carrier.gateway.callback"), shown: value.callback_url },
                { name: t("carrier.gateway.account"), shown: value.account },
              ].map(({ name, shown }) => (
                <li key={name}>
                  <div>
                    <strong>{name}</strong>
                    <small style={{ overflowWrap: "anywhere" }}>{shown}</small>
                  </div>
                  <CopyButton value={shown} />
                </li>
              ))}
            </ul>
          </Card>
          <GatewayTest />
        </Stack>
      )}
      <Confirm
        opened={removing}
        onClose={() => setRemoving(false)}
        title={t("carrier.gateway.remove")}
        action={t("carrier.gateway.remove")}
        onConfirm={async () => {
          await must(api.DELETE(path));
          await queries.invalidateQueries({ queryKey: ["settings"] });
        }}
      >
        {t("carrier.gateway.removeText")}
      </Confirm>
    </>
  );
}

/** Asks the gateway whether it is there and accepts our signature. */
function GatewayTest() {
  const { t } = useTranslation();
  const test = useMutation({ mutationFn: () => must(api.POST(`${path}/test`, { body: {} })) });
  return (
    <Card title={t("carrier.test")} level={3}>
      <div className={classes.form}>
        {test.isSuccess && (
          <Callout tone="verified" live="polite">
            {t("carrier.gateway.there", { name: test.data.name })}
          </Callout>
        )}
        {test.isError && <Callout tone="denied">{problemText(test.error, t)}</Callout>}
        <div className={classes.buttons}>
          <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            {t("carrier.testSend")}
          </Button>
        </div>
      </div>
    </Card>
  );
}
