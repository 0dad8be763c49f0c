import { Button, NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { SettingsCard } from "./SettingsCard";
import { SettingsForm } from "./SettingsForm";
import classes from "./Settings.module.css";

const queryKey = ["settings", "verification"];

/** How codes are made, how long they live, and what is asked of people. */
export function VerificationSettings() {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("settings.verification.title")} queryKey={queryKey} load={() => must(api.GET("/api/settings/verification"))}>
      {({ phone_number, email, codes_off_until, ...value }) => (
        <>
          {codes_off_until && <CodesOff until={codes_off_until} />}
          <SettingsForm
            key={JSON.stringify(value)}
            initial={{
              code_digits: String(value.code_digits),
              code_minutes: value.code_minutes,
              shield_minutes: value.shield_minutes,
              confirm_digits: value.confirm_digits,
              note_visibility: value.note_visibility,
              other_contact_note_required: value.other_contact_note_required,
            }}
            onSave={async (values, changed) => {
              const body = { ...changed, ...(changed.code_digits ? { code_digits: Number(values.code_digits) } : {}) };
              queries.setQueryData(queryKey, await must(api.PATCH("/api/settings/verification", { body: body as never })));
            }}
          >
            {(form) => (
              <>
                <div className={classes.two}>
                  <TextInput label={t("settings.verification.phone")} description={t("settings.verification.phoneHelp")} value={phone_number} readOnly variant="filled" />
                  <TextInput label={t("settings.verification.email")} description={t("settings.verification.emailHelp")} value={email} readOnly variant="filled" />
                </div>
                <div className={classes.two}>
                  <Select
                    label={t("settings.verification.digits")}
                    data={["6", "8"]}
                    allowDeselect={false}
                    {...form.getInputProps("code_digits")}
                  />
                  <NumberInput label={t("settings.verification.minutes")} min={1} max={10} {...form.getInputProps("code_minutes")} />
                </div>
                <NumberInput
                  label={t("settings.verification.shield")}
                  description={t("settings.verification.shieldHelp")}
                  min={1}
                  max={1440}
                  {...form.getInputProps("shield_minutes")}
                />
                <Select
                  label={t("settings.verification.note")}
                  description={t("settings.verification.noteHelp")}
                  data={[
                    { value: "internal", label: t("note.internal") },
                    { value: "public", label: t("note.public") },
                  ]}
                  allowDeselect={false}
                  {...form.getInputProps("note_visibility")}
                />
                <Switch
                  label={t("settings.verification.other")}
                  description={t("settings.verification.otherHelp")}
                  {...form.getInputProps("other_contact_note_required", { type: "checkbox" })}
                />
                <Switch
                  label={t("settings.verification.confirm")}
                  description={t("settings.verification.confirmHelp")}
                  {...form.getInputProps("confirm_digits", { type: "checkbox" })}
                />
              </>
            )}
          </SettingsForm>
        </>
      )}
    </SettingsCard>
  );
}

/** Says that too many wrong codes turned code methods off, and switches them on again. */
function CodesOff({ until }: { until: string }) {
  const { t } = useTranslation();
  const on = useMutation({
    mutationFn: () => must(api.POST("/api/settings/verification/switch-codes-on", {})),
    onSuccess: (settings) => queries.setQueryData(queryKey, settings),
  });
  return (
    <Callout tone="denied" title={t("panel.codesOff")}>
      <p>
        {t("settings.verification.codesOff")} <RelativeTime at={until} />.
      </p>
      {on.isError && <p>{problemText(on.error, t)}</p>}
      <Button variant="default" loading={on.isPending} onClick={() => on.mutate()}>
        {t("settings.verification.codesOn")}
      </Button>
    </Callout>
  );
}
