import { Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { meQuery, useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { SettingsForm } from "./SettingsForm";
import { localeChoices, timeZones } from "./zones";
import classes from "./Settings.module.css";

/** One's own name, number and preferences. */
export function ProfileSettings() {
  const { t } = useTranslation();
  const me = useMe();
  if (!me) {
    return null;
  }
  const { technician } = me;
  return (
    <Card title={t("settings.profile.title")}>
      <SettingsForm
        key={technician.version}
        initial={{
          given_name: technician.given_name,
          family_name: technician.family_name,
          phone: technician.phone,
          job_title: technician.job_title,
          locale: technician.locale,
          time_zone: technician.time_zone,
          theme: technician.theme,
        }}
        onSave={async (_, changed) => {
          await must(api.PATCH("/api/me", { body: changed as never }));
          await queries.invalidateQueries({ queryKey: meQuery.queryKey });
        }}
      >
        {(form) => (
          <>
            <div className={classes.two}>
              <TextInput label={t("technician.givenName")} autoComplete="given-name" {...form.getInputProps("given_name")} />
              <TextInput label={t("technician.familyName")} autoComplete="family-name" {...form.getInputProps("family_name")} />
            </div>
            <TextInput label={t("technician.email")} value={technician.email} readOnly variant="filled" description={t("settings.profile.emailHelp")} />
            <div className={classes.two}>
              <TextInput label={t("technician.phone")} type="tel" autoComplete="tel" {...form.getInputProps("phone")} />
              <TextInput label={t("technician.job")} autoComplete="organization-title" {...form.getInputProps("job_title")} />
            </div>
            <div className={classes.two}>
              <Select label={t("settings.language")} data={localeChoices} allowDeselect={false} {...form.getInputProps("locale")} />
              <Select
                label={t("own.theme")}
                data={(["auto", "light", "dark"] as const).map((value) => ({ value, label: t(`theme.${value}`) }))}
                allowDeselect={false}
                {...form.getInputProps("theme")}
              />
            </div>
            <Select label={t("settings.zone")} data={timeZones()} searchable clearable {...form.getInputProps("time_zone")} />
          </>
        )}
      </SettingsForm>
    </Card>
  );
}
