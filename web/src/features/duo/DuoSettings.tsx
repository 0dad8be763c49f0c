import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, isNotFound, must } from "@/api/client";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { problemText } from "@/components/problemText";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import classes from "@/features/settings/Settings.module.css";

const queryKey = ["settings", "duo"];

/** The security integrations that verify callers: the applications at Duo. */
export function DuoSettings() {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("duo.title")} queryKey={queryKey} load={loadDuo}>
      {(value) => <Duo value={value} />}
    </SettingsCard>
  );
}

async function loadDuo() {
  try {
    return await must(api.GET("/api/settings/duo"));
  } catch (error) {
    if (isNotFound(error)) {
      return null;
    }
    throw error;
  }
}

function Duo({ value }: { value: Awaited<ReturnType<typeof loadDuo>> }) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState(false);
  const secret = (set?: boolean) => ({
    autoComplete: "new-password",
    placeholder: set ? t("settings.mail.kept") : undefined,
    visibilityToggleButtonProps: { "aria-label": t("signin.showPassword") },
  });
  return (
    <>
      <p>{t("duo.text")}</p>
      {!value?.admin_skey_set && <Callout tone="neutral">{t("duo.noAdmin")}</Callout>}
      <SettingsForm
        key={JSON.stringify(value)}
        initial={{ api_host: value?.api_host ?? "", auth_ikey: value?.auth_ikey ?? "", auth_skey: "", admin_ikey: value?.admin_ikey ?? "", admin_skey: "" }}
        onSave={async ({ auth_skey, admin_skey, ...values }) => {
          const body = { ...values, ...(auth_skey ? { auth_skey } : {}), ...(admin_skey ? { admin_skey } : {}) };
          queries.setQueryData(queryKey, await must(api.PUT("/api/settings/duo", { body })));
        }}
        extra={
          value && (
            <Button variant="subtle" color="red" onClick={() => setRemoving(true)}>
              {t("duo.remove")}
            </Button>
          )
        }
      >
        {(form) => (
          <>
            <TextInput label={t("duo.host")} placeholder="api-12345678.duosecurity.com" required {...form.getInputProps("api_host")} />
            <div className={classes.two}>
              <TextInput label={t("duo.adminIkey")} description={t("duo.adminHelp")} autoComplete="off" {...form.getInputProps("admin_ikey")} />
              <PasswordInput label={t("duo.adminSkey")} description={t("duo.secretHelp")} {...secret(value?.admin_skey_set)} {...form.getInputProps("admin_skey")} />
            </div>
            <div className={classes.two}>
              <TextInput label={t("duo.authIkey")} description={t("duo.authHelp")} autoComplete="off" {...form.getInputProps("auth_ikey")} />
              <PasswordInput label={t("duo.authSkey")} description={t("duo.secretHelp")} {...secret(value?.auth_skey_set)} {...form.getInputProps("auth_skey")} />
            </div>
          </>
        )}
      </SettingsForm>
      {value && <Test />}
      <Confirm
        opened={removing}
        onClose={() => setRemoving(false)}
        title={t("duo.remove")}
        action={t("duo.remove")}
        onConfirm={async () => {
          await must(api.DELETE("/api/settings/duo"));
          await queries.invalidateQueries({ queryKey });
        }}
      >
        {t("duo.removeText")}
      </Confirm>
    </>
  );
}

function Test() {
  const { t } = useTranslation();
  const test = useMutation({ mutationFn: () => must(api.POST("/api/settings/duo/test")) });
  const skew = Math.abs(test.data?.clock_skew_seconds ?? 0);
  return (
    <Card title={t("settings.mail.test")} level={3}>
      <p>{t("duo.testText")}</p>
      {test.isError && <Callout tone="denied">{problemText(test.error, t)}</Callout>}
      {test.data &&
        (["admin", "auth"] as const).map((which) => {
          const tried = test.data[which];
          return (
            tried.set && (
              <Callout key={which} tone={tried.ok ? "verified" : "denied"} live="polite" title={t(`duo.${which}`)}>
                {tried.ok ? t("duo.testOk") : tried.reason}
              </Callout>
            )
          );
        })}
      {skew > 60 && <Callout tone="pending">{t("duo.skew", { seconds: skew })}</Callout>}
      <div className={classes.buttons}>
        <Button variant="default" loading={test.isPending} onClick={() => test.mutate()}>
          {t("duo.test")}
        </Button>
      </div>
    </Card>
  );
}
