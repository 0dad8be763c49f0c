import { MultiSelect, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import { useCountries } from "./countries";
import { SettingsCard } from "./SettingsCard";
import { SettingsForm } from "./SettingsForm";
import { localeChoices, timeZones } from "./zones";
import classes from "./Settings.module.css";

const queryKey = ["settings", "organization"];

/** Name, region and where messages may go. */
export function OrganizationSettings() {
  const { t } = useTranslation();
  const countries = useCountries();
  return (
    <SettingsCard title={t("settings.organization.title")} queryKey={queryKey} load={() => must(api.GET("/api/settings/organization"))}>
      {(value) => (
        <SettingsForm
          key={JSON.stringify(value)}
          initial={{ name: value.name, region: value.region, time_zone: value.time_zone, locale: value.locale, allowed_countries: value.allowed_countries }}
          onSave={async (_, changed) => {
            queries.setQueryData(queryKey, await must(api.PATCH("/api/settings/organization", { body: changed as never })));
            void queries.invalidateQueries({ queryKey: ["me"] });
          }}
        >
          {(form) => (
            <>
              <TextInput label={t("settings.organization.name")} required {...form.getInputProps("name")} />
              <div className={classes.two}>
                <Select label={t("setup.region")} description={t("setup.regionHelp")} data={countries} searchable allowDeselect={false} {...form.getInputProps("region")} />
                <Select label={t("settings.language")} description={t("settings.organization.languageHelp")} data={localeChoices} allowDeselect={false} {...form.getInputProps("locale")} />
              </div>
              <Select label={t("settings.zone")} data={timeZones()} searchable allowDeselect={false} {...form.getInputProps("time_zone")} />
              <MultiSelect
                label={t("settings.organization.countries")}
                description={t("settings.organization.countriesHelp")}
                data={countries}
                searchable
                {...form.getInputProps("allowed_countries")}
              />
            </>
          )}
        </SettingsForm>
      )}
    </SettingsCard>
  );
}
