import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { meQuery, useMe } from "@/app/me";
import { queries } from "@/app/services";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import classes from "./Branding.module.css";
import { brandingKey, loadBranding } from "./data";
import { LogoCard } from "./LogoCard";
import { isColor, Preview } from "./Preview";

/** What people see of the organization: name, color and logo. */
export function BrandingSettings() {
  const { t } = useTranslation();
  return (
    <div className={classes.stack}>
      <SettingsCard title={t("branding.title")} queryKey={brandingKey} load={loadBranding}>
        {(value) => (
          <SettingsForm
            key={value.version}
            initial={{ display_name: value.display_name, color: value.color }}
            onSave={async (_, changed) => {
              queries.setQueryData(brandingKey, await must(api.PATCH("/api/settings/branding", { body: changed as never, params: { header: ifMatch(value.version) } })));
              void queries.invalidateQueries({ queryKey: meQuery.queryKey });
            }}
          >
            {(form) => <Fields form={form} logo={value.logo_url as string | null} />}
          </SettingsForm>
        )}
      </SettingsCard>
      <LogoCard />
    </div>
  );
}

interface FieldsProps {
  form: { values: { display_name: string; color: string }; getInputProps: (name: "display_name" | "color") => object; setFieldValue: (name: "color", value: string) => void };
  logo: string | null;
}

function Fields({ form, logo }: FieldsProps) {
  const { t } = useTranslation();
  const me = useMe();
  const { color, display_name: name } = form.values;
  const [settled] = useDebouncedValue(color.trim().toLowerCase(), 200);
  return (
    <div className={classes.form}>
      <p>{t("branding.text")}</p>
      <TextInput label={t("branding.name")} description={t("branding.nameHelp")} maxLength={100} placeholder={me?.organization.name} {...form.getInputProps("display_name")} />
      <div className={classes.colors}>
        <TextInput
          label={t("branding.color")}
          description={t("branding.colorHelp")}
          placeholder="#1f5f8b"
          maxLength={7}
          style={{ flex: 1 }}
          {...form.getInputProps("color")}
          {...(color && !isColor(color) && color.length >= 7 ? { error: t("branding.colorWrong") } : {})}
        />
        <input type="color" aria-label={t("branding.colorPick")} value={isColor(color) ? color.trim() : "#2f52d6"} onChange={(e) => form.setFieldValue("color", e.currentTarget.value)} />
      </div>
      <Preview color={settled} name={name.trim() || me?.organization.name || ""} logo={logo} />
    </div>
  );
}
