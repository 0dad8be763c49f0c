import { NumberInput, Select, Textarea } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { SecuritySettings as Settings } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import type { Form } from "@/components/form/FormBody";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import { GuideLink } from "@/components/GuideLink";
import { linesOf, networksOf } from "./networks";
import classes from "./Security.module.css";

const queryKey = ["settings", "security"];
// Help stands below, so that fields beside each other stay on one line.
const order = { inputWrapperOrder: ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[] };
const roles = ["administrator", "manager", "technician", "read_only"] as const;

type Values = Pick<Settings, "password" | "lockout" | "mfa" | "sessions"> & { networks: string; role_networks: Record<string, string> };

/** What the organization asks of everybody who signs in. */
export function SecuritySettings() {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("security.title")} queryKey={queryKey} load={() => must(api.GET("/api/settings/security"))}>
      {(value) => (
        <SettingsForm<Values>
          key={value.version}
          initial={{
            password: value.password,
            lockout: value.lockout,
            mfa: value.mfa,
            sessions: value.sessions,
            networks: linesOf(value.networks),
            role_networks: Object.fromEntries(roles.map((role) => [role, linesOf(value.role_networks[role] ?? [])])),
          }}
          onSave={async (values, changed) => {
            const body = {
              ...changed,
              ...(changed.networks === undefined ? {} : { networks: networksOf(values.networks) }),
              ...(changed.role_networks === undefined ? {} : { role_networks: Object.fromEntries(roles.map((role) => [role, networksOf(values.role_networks[role] ?? "")])) }),
            };
            queries.setQueryData(queryKey, await must(api.PATCH("/api/settings/security", { body: body as never, params: { header: { "If-Match": `"${value.version}"` } } })));
          }}
        >
          {(form) => (
            <>
              <Factors form={form} value={value} />
              <Password form={form} />
              <Locking form={form} />
              <Sessions form={form} />
              <Networks form={form} value={value} />
              <GuideLink to="administrator#security-policies" label={t("security.guide")} />
            </>
          )}
        </SettingsForm>
      )}
    </SettingsCard>
  );
}

interface Part {
  form: Form<Values>;
}

/** Who needs a second factor, and whom that would concern. */
function Factors({ form, value }: Part & { value: Settings }) {
  const { t } = useTranslation();
  const { required } = form.values.mfa;
  const concerned =
    required === "all" ? value.affected.without_factor : required === "administrators" ? value.affected.administrators_without_factor : 0;
  return (
    <fieldset className={classes.part}>
      <legend>{t("security.factors")}</legend>
      <div className={classes.two}>
        <Select
          {...order}
          label={t("security.required")}
          data={(["administrators", "all", "off"] as const).map((x) => ({ value: x, label: t(`security.for.${x}`) }))}
          allowDeselect={false}
          {...form.getInputProps("mfa.required")}
        />
        <NumberInput {...order} label={t("security.grace")} description={t("security.graceHelp")} min={0} max={90} disabled={required === "off"} {...form.getInputProps("mfa.grace_days")} />
      </div>
      {required === "off" ? (
        <Callout tone="pending">{t("security.offNotice")}</Callout>
      ) : (
        <Callout tone={concerned > 0 ? "pending" : "verified"} live="polite">
          {concerned > 0 ? t("security.concerned", { count: concerned }) : t("security.nobody")}
        </Callout>
      )}
    </fieldset>
  );
}

function Password({ form }: Part) {
  const { t } = useTranslation();
  const { classes: kinds, expiry_days: days, history } = form.values.password;
  return (
    <fieldset className={classes.part}>
      <legend>{t("security.passwords")}</legend>
      <p>{t("security.passwordsText")}</p>
      <div className={classes.two}>
        <NumberInput {...order} label={t("security.length")} min={8} max={128} {...form.getInputProps("password.min_length")} />
        <NumberInput {...order} label={t("security.classes")} description={t("security.classesHelp")} min={0} max={4} {...form.getInputProps("password.classes")} />
        <NumberInput {...order} label={t("security.expiry")} description={t("security.expiryHelp")} min={0} max={3650} {...form.getInputProps("password.expiry_days")} />
        <NumberInput {...order} label={t("security.history")} description={t("security.historyHelp")} min={0} max={24} {...form.getInputProps("password.history")} />
      </div>
      {(kinds > 0 || days > 0 || history > 0) && <Callout tone="pending">{t("security.standards")}</Callout>}
    </fieldset>
  );
}

function Locking({ form }: Part) {
  const { t } = useTranslation();
  return (
    <fieldset className={classes.part}>
      <legend>{t("security.locking")}</legend>
      <p>{t("security.lockingText")}</p>
      <div className={classes.two}>
        <NumberInput {...order} label={t("security.failures")} min={3} max={100} {...form.getInputProps("lockout.failures")} />
        <NumberInput {...order} label={t("security.minutes")} min={1} max={1440} {...form.getInputProps("lockout.minutes")} />
      </div>
    </fieldset>
  );
}

function Sessions({ form }: Part) {
  const { t } = useTranslation();
  return (
    <fieldset className={classes.part}>
      <legend>{t("security.sessions")}</legend>
      <p>{t("security.sessionsText")}</p>
      <div className={classes.two}>
        <NumberInput {...order} label={t("security.idle")} min={1} max={1440} {...form.getInputProps("sessions.idle_minutes")} />
        <NumberInput {...order} label={t("security.hours")} min={1} max={168} {...form.getInputProps("sessions.hours")} />
        <NumberInput {...order} label={t("security.concurrent")} description={t("security.concurrentHelp")} min={1} max={50} {...form.getInputProps("sessions.concurrent")} />
      </div>
    </fieldset>
  );
}

function Networks({ form, value }: Part & { value: Settings }) {
  const { t } = useTranslation();
  const field = { autosize: true, minRows: 2, maxRows: 8, spellCheck: false, autoCapitalize: "none" } as const;
  return (
    <fieldset className={classes.part}>
      <legend>{t("security.networks")}</legend>
      <p>{t("security.networksText", { address: value.address })}</p>
      <Textarea label={t("security.everybody")} description={t("security.lines")} {...field} {...form.getInputProps("networks")} />
      <div className={classes.two}>
        {roles.map((role) => (
          <Textarea key={role} label={t(`role.${role}`)} {...field} {...form.getInputProps(`role_networks.${role}`)} />
        ))}
      </div>
    </fieldset>
  );
}
