import { Input, NumberInput, PasswordInput, SegmentedControl, Switch, TagsInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Form } from "@/components/form/FormDrawer";
import { listError } from "@/components/form/listError";
import type { FirstSignIn, TechnicianValues } from "./values";

const ways: FirstSignIn[] = ["invite", "password", "later"];

/** How somebody new gets in. */
export function FirstSignInFields({ form }: { form: Form<TechnicianValues> }) {
  const { t } = useTranslation();
  const { first } = form.values;
  return (
    <>
      <Input.Wrapper label={t("technician.first.label")} description={t(`technician.first.${first}Help`)} labelElement="div">
        <SegmentedControl
          fullWidth
          mt={6}
          aria-label={t("technician.first.label")}
          data={ways.map((value) => ({ value, label: t(`technician.first.${value}`) }))}
          value={first}
          onChange={(value) => form.setFieldValue("first", value as FirstSignIn)}
        />
      </Input.Wrapper>
      {first === "password" && (
        <PasswordInput
          label={t("technician.password")}
          description={t("technician.passwordHelp")}
          autoComplete="new-password"
          visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
          required
          {...form.getInputProps("password")}
        />
      )}
    </>
  );
}

/** From where, how long and with what somebody may sign in; stricter than the organization, never laxer. */
export function SecurityFields({ form }: { form: Form<TechnicianValues> }) {
  const { t } = useTranslation();
  return (
    <>
      <Switch label={t("technician.mfaRequired")} description={t("technician.mfaRequiredHelp")} {...form.getInputProps("mfa_required", { type: "checkbox" })} />
      <Switch label={t("technician.uiAccess")} description={t("technician.uiAccessHelp")} {...form.getInputProps("ui_access", { type: "checkbox" })} />
      <TagsInput
        label={t("technician.networks")}
        description={t("technician.networksHelp")}
        placeholder={form.values.allowed_networks.length === 0 ? "203.0.113.0/24" : undefined}
        splitChars={[",", " ", ";"]}
        {...form.getInputProps("allowed_networks")}
        error={listError(form.errors, "allowed_networks")}
      />
      <NumberInput label={t("technician.idle")} description={t("technician.zeroHelp")} min={0} max={1440} allowDecimal={false} clampBehavior="strict" {...form.getInputProps("idle_minutes")} />
      <NumberInput label={t("technician.hours")} description={t("technician.zeroHelp")} min={0} max={168} allowDecimal={false} clampBehavior="strict" {...form.getInputProps("session_hours")} />
    </>
  );
}
