import { NumberInput, Switch, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import classes from "@/features/settings/Settings.module.css";

const queryKey = ["settings", "consent"];

/** Who may be texted, and how people are asked. */
export function ConsentSettings() {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("consent.settings.title")} queryKey={queryKey} load={() => must(api.GET("/api/settings/consent"))}>
      {({ text_version, ...value }) => (
        <SettingsForm
          key={JSON.stringify(value)}
          initial={{
            only_opted_in: value.only_opted_in,
            reask_days: value.reask_days,
            correct_number: value.correct_number,
            policy_url: value.policy_url,
            link_days: value.link_days,
            logo: value.logo,
          }}
          onSave={async (_, changed) => {
            queries.setQueryData(queryKey, await must(api.PATCH("/api/settings/consent", { body: changed as never })));
          }}
        >
          {(form) => (
            <>
              <Switch label={t("consent.settings.only")} description={t("consent.settings.onlyHelp")} {...form.getInputProps("only_opted_in", { type: "checkbox" })} />
              <div className={classes.two}>
                <NumberInput label={t("consent.settings.reask")} description={t("consent.settings.reaskHelp")} min={1} max={365} {...form.getInputProps("reask_days")} />
                <NumberInput label={t("consent.settings.link")} description={t("consent.settings.linkHelp")} min={1} max={30} {...form.getInputProps("link_days")} />
              </div>
              <Switch label={t("consent.settings.correct")} description={t("consent.settings.correctHelp")} {...form.getInputProps("correct_number", { type: "checkbox" })} />
              <Switch label={t("consent.settings.logo")} {...form.getInputProps("logo", { type: "checkbox" })} />
              <TextInput label={t("consent.settings.policy")} description={t("consent.settings.policyHelp")} maxLength={500} placeholder="https://" {...form.getInputProps("policy_url")} />
              <TextInput label={t("consent.settings.version")} description={t("consent.settings.versionHelp")} value={text_version} readOnly variant="filled" />
            </>
          )}
        </SettingsForm>
      )}
    </SettingsCard>
  );
}
