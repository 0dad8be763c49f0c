import { Fieldset, MultiSelect, NumberInput, Select, Textarea } from "@mantine/core";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import type { VerificationPolicy } from "@/api/types";
import { useCan } from "@/app/me";
import { Callout } from "@/components/Callout";
import { SettingsForm } from "@/features/settings/SettingsForm";
import { fromForm, toForm, yesNo } from "./policy";
import classes from "@/features/settings/Settings.module.css";

interface Props {
  policy: VerificationPolicy;
  /** Whether this is the policy of one customer, which follows the organization's where it says nothing. */
  one: boolean;
  onSave: (own: VerificationPolicy["own"]) => Promise<void>;
}

const levels = ["L0", "L1", "L2", "L3", "L4"];
const colors = ["blue", "yellow", "red", "grey"] as const;

/** How callers are verified. What is left blank follows what stands above it, and says what that is. */
export function PolicyForm({ policy, one, onSave }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const { rules } = policy;
  const follow = (value: string) => t(one ? "policy.follows" : "policy.usual", { value });
  return (
    <>
      {!can("admin.settings") && <Callout tone="neutral">{t("error.needs", { permission: "admin.settings" })}</Callout>}
      <SettingsForm initial={toForm(policy)} onSave={async (values) => onSave(fromForm(values, policy.actions))}>
        {(form) => (
          <>
            <MultiSelect
              label={t("policy.methods")}
              description={t("policy.methodsHelp")}
              placeholder={form.getValues().methods.length === 0 ? follow(methodNames(t, rules.methods)) : undefined}
              data={policy.methods.map((value) => ({ value, label: methodName(t, value) }))}
              clearable
              {...form.getInputProps("methods")}
            />
            <Fieldset legend={t("policy.levels")}>
              <p className={classes.hint}>{t("policy.levelsHelp")}</p>
              <div className={classes.two}>
                {policy.actions.map((action) => (
                  <Select
                    key={action}
                    label={t(`asked.${action}` as "asked.password_reset")}
                    placeholder={follow(rules.levels?.[action] ?? "")}
                    data={levels.map((value) => ({ value, label: t(`level.${value}` as "level.L1") }))}
                    clearable
                    {...form.getInputProps(`levels.${action}`)}
                  />
                ))}
              </div>
            </Fieldset>
            <Choice label={t("policy.twoMethods")} help={t("policy.twoMethodsHelp")} now={rules.two_methods ?? false} follow={follow} {...form.getInputProps("two_methods")} />
            <div className={classes.two}>
              <NumberInput label={t("policy.hold")} description={t("policy.holdHelp")} min={0} max={720} placeholder={follow(String(rules.hold_hours ?? 72))} {...form.getInputProps("hold_hours")} />
              <NumberInput
                label={t("policy.shield")}
                description={t("policy.shieldHelp")}
                min={1}
                max={1440}
                placeholder={rules.shield_minutes ? follow(String(rules.shield_minutes)) : t("policy.asSettings")}
                {...form.getInputProps("shield_minutes")}
              />
            </div>
            <Choice label={t("policy.note")} now={rules.note_required} follow={follow} {...form.getInputProps("note_required")} />
            <Choice label={t("policy.digits")} now={rules.confirm_digits} follow={follow} {...form.getInputProps("confirm_digits")} />
            <Choice label={t("policy.show")} help={t("policy.showHelp")} now={rules.show_on_load ?? false} follow={follow} {...form.getInputProps("show_on_load")} />
            <Textarea label={t("policy.banner")} description={t("policy.bannerHelp")} maxLength={300} autosize minRows={2} placeholder={rules.banner?.text} {...form.getInputProps("banner_text")} />
            <Select
              label={t("policy.bannerColor")}
              data={colors.map((value) => ({ value, label: t(`policy.color.${value}`) }))}
              allowDeselect={false}
              {...form.getInputProps("banner_color")}
            />
          </>
        )}
      </SettingsForm>
    </>
  );
}

interface ChoiceProps {
  label: string;
  help?: string;
  now: boolean | undefined;
  follow: (value: string) => string;
}

/** Yes, no, or whatever holds above. */
function Choice({ label, help, now, follow, ...input }: ChoiceProps) {
  const { t } = useTranslation();
  return (
    <Select
      label={label}
      description={help}
      placeholder={now === undefined ? t("policy.asSettings") : follow(t(now ? "policy.yes" : "policy.no"))}
      data={yesNo.map((value) => ({ value, label: t(`policy.${value}`) }))}
      clearable
      {...input}
    />
  );
}

function methodName(t: TFunction, method: string): string {
  return t(`method.${method}.name` as "method.sms_code.name");
}

function methodNames(t: TFunction, methods: string[] | undefined): string {
  return methods?.length ? methods.map((m) => methodName(t, m)).join(", ") : t("policy.all");
}
