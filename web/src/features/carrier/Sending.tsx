import { NumberInput, Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import classes from "@/features/settings/Settings.module.css";

const queryKey = ["settings", "sending"];
const path = "/api/settings/sending";

const firstOf = (first: string, order: string[]) => [first, ...order.filter((name) => name !== first)];
const load = () => must(api.GET(path));

/** Which carrier is tried first, and how fast the organization sends in all. */
export function SendingSettings() {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("carrier.sending.title")} queryKey={queryKey} load={load}>
      {(value) => <Sending value={value} />}
    </SettingsCard>
  );
}

function Sending({ value }: { value: Awaited<ReturnType<typeof load>> }) {
  const { t } = useTranslation();
  const names = { twilio: "Twilio", twilio_voice: "Twilio", gateway: t("carrier.gateway.title"), gateway_voice: t("carrier.gateway.title") };
  const choices = (order: string[]) => order.toSorted().map((name) => ({ value: name, label: names[name as keyof typeof names] ?? name }));
  return (
    <SettingsForm
      key={JSON.stringify(value)}
      initial={{ sms: value.sms[0] ?? "", voice: value.voice[0] ?? "", messages_per_minute: value.messages_per_minute }}
      onSave={async ({ sms, voice, messages_per_minute }) => {
        const body = { sms: firstOf(sms, value.sms), voice: firstOf(voice, value.voice), messages_per_minute: Number(messages_per_minute) || 0 };
        queries.setQueryData(queryKey, await must(api.PUT(path, { body })));
      }}
    >
      {(form) => (
        <>
          <div className={classes.two}>
            <Select label={t("carrier.sending.sms")} description={t("carrier.sending.help")} data={choices(value.sms)} allowDeselect={false} {...form.getInputProps("sms")} />
            <Select label={t("carrier.sending.voice")} description={t("carrier.sending.help")} data={choices(value.voice)} allowDeselect={false} {...form.getInputProps("voice")} />
          </div>
          <NumberInput label={t("carrier.sending.rate")} description={t("carrier.sending.rateHelp")} min={0} max={60000} {...form.getInputProps("messages_per_minute")} />
        </>
      )}
    </SettingsForm>
  );
}
