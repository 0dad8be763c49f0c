import { Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { meQuery, useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { AvatarField } from "@/features/avatar/AvatarField";
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
  const { technician, organization } = me;
  return (
    <Card title={t("settings.profile.title")}>
      <AvatarField name={technician.name} src={technician.avatar_url} />
      <SettingsForm
        key={technician.version}
        initial={{
          given_name: technician.given_name,
          family_name: technician.family_name,
          phone: technician.phone,
          job_title: technician.job_title,
          locale: (technician.locale || null) as string | null,
          time_zone: (technician.time_zone || null) as string | null,
          theme: technician.theme,
        }}
        onSave={async (_, changed) => {
          const body = Object.fromEntries(Object.entries(changed).map(([field, value]) => [field, value ?? ""]));
          await must(api.PATCH("/api/me", { body: body as never }));
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
              <Select
                label={t("settings.language")}
                data={localeChoices}
                clearable
                placeholder={t("settings.profile.likeOrganization", { value: localeChoices.find((l) => organization.locale.startsWith(l.value))?.label ?? organization.locale })}
                {...form.getInputProps("locale")}
              />
              <Select
                label={t("own.theme")}
                data={(["auto", "light", "dark"] as const).map((value) => ({ value, label: t(`theme.${value}`) }))}
                allowDeselect={false}
                {...form.getInputProps("theme")}
              />
            </div>
            <Select
              label={t("settings.zone")}
              data={timeZones()}
              searchable
              clearable
              placeholder={t("settings.profile.likeOrganization", { value: organization.time_zone })}
              {...form.getInputProps("time_zone")}
            />
          </>
        )}
      </SettingsForm>
    </Card>
  );
}
