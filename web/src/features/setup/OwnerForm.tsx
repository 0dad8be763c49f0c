import { PasswordInput, Select, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { FormBody } from "@/components/form/FormBody";
import { useCountries } from "@/features/settings/countries";
import { enter } from "@/features/signin/enter";
import classes from "./Setup.module.css";

const empty = { organization: "", region: regionOfBrowser(), name: "", email: "", password: "" };

/** In two steps: the organization, and who owns it. They are signed in at once, and led on from there. */
export function OwnerForm({ token }: { token: string }) {
  const { t } = useTranslation();
  const countries = useCountries();
  return (
    <div className={classes.form}>
      <FormBody
        initial={empty}
        save={t("setup.submit")}
        required={{ organization: t("setup.organization"), name: t("setup.name"), email: t("signin.email"), password: t("signin.password") }}
        onSave={async (values) => enter(await must(api.POST("/api/setup", { body: { token, ...values } })), "/welcome")}
        onDone={() => {}}
        onDirty={() => {}}
        steps={[
          {
            key: "organization",
            title: t("setup.stepOrganization"),
            fields: ["organization", "region"],
            content: (form) => (
              <>
                <TextInput label={t("setup.organization")} required autoComplete="organization" autoFocus {...form.getInputProps("organization")} />
                <Select label={t("setup.region")} description={t("setup.regionHelp")} data={countries} searchable allowDeselect={false} {...form.getInputProps("region")} />
              </>
            ),
          },
          {
            key: "owner",
            title: t("setup.stepOwner"),
            fields: ["name", "email", "password"],
            content: (form) => (
              <>
                <TextInput label={t("setup.name")} required autoComplete="name" {...form.getInputProps("name")} />
                <TextInput label={t("signin.email")} type="email" required autoComplete="username" {...form.getInputProps("email")} />
                <PasswordInput
                  label={t("signin.password")}
                  description={t("signin.newHelp")}
                  required
                  autoComplete="new-password"
                  visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
                  {...form.getInputProps("password")}
                />
              </>
            ),
          },
        ]}
      />
    </div>
  );
}

/** The country that the browser's language names, as a first guess. */
function regionOfBrowser(): string {
  return navigator.languages.map((tag) => /-([A-Z]{2})$/.exec(tag)?.[1]).find(Boolean) ?? "US";
}
