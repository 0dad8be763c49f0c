import { Checkbox, Switch, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { NotificationPreferences } from "@/api/types";
import { useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import type { Form } from "@/components/form/FormBody";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { SettingsForm } from "@/features/settings/SettingsForm";
import settings from "@/features/settings/Settings.module.css";
import classes from "./Notification.module.css";
import { kindName } from "./words";

const queryKey = ["notification-preferences"];

interface Values extends Record<string, unknown> {
  events: NotificationPreferences["events"];
  quiet: boolean;
  from: string;
  to: string;
}

/** By what way one is told of what, and when not. */
export function NotificationSettings() {
  const { t } = useTranslation();
  const me = useMe();
  const zone = me?.technician.time_zone || me?.organization.time_zone || "UTC";
  return (
    <SettingsCard title={t("told.title")} queryKey={queryKey} load={() => must(api.GET("/api/me/notification-preferences")) as Promise<NotificationPreferences>}>
      {(value) => (
        <SettingsForm<Values>
          key={JSON.stringify(value)}
          initial={{ events: value.events, quiet: value.quiet_hours !== null, from: value.quiet_hours?.from ?? "20:00", to: value.quiet_hours?.to ?? "07:00" }}
          onSave={async ({ events, quiet, from, to }) => {
            queries.setQueryData(queryKey, await must(api.PUT("/api/me/notification-preferences", { body: { events, ...(quiet && { quiet_hours: { from, to } }) } })));
          }}
        >
          {(form) => (
            <>
              <p className={classes.note}>{t("told.text")}</p>
              <Kinds form={form} smsUnavailable={value.sms_unavailable} />
              {value.sms_unavailable !== "" && <Callout tone="neutral">{t(`told.${value.sms_unavailable}`)}</Callout>}
              <Switch label={t("told.quietOn")} description={t("told.quietText", { zone })} {...form.getInputProps("quiet", { type: "checkbox" })} />
              {form.values.quiet && (
                <div className={settings.two} role="group" aria-label={t("told.quiet")}>
                  <TextInput type="time" required label={t("told.from")} {...form.getInputProps("from")} />
                  <TextInput type="time" required label={t("told.to")} {...form.getInputProps("to")} />
                </div>
              )}
            </>
          )}
        </SettingsForm>
      )}
    </SettingsCard>
  );
}

const groups = ["security", "account", "work", "admin"] as const;

function groupOf(kind: string): (typeof groups)[number] {
  const area = kind.split(".")[0];
  return area === "security" || area === "account" || area === "admin" ? area : "work";
}

function Kinds({ form, smsUnavailable }: { form: Form<Values>; smsUnavailable: string }) {
  const { t } = useTranslation();
  const { events } = form.values;
  const set = (kind: string, channels: { email: boolean; sms: boolean }) => form.setFieldValue("events" as never, { ...events, [kind]: channels } as never);
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">{t("told.event")}</th>
          <th scope="col">{t("told.mail")}</th>
          <th scope="col">{t("told.sms")}</th>
        </tr>
      </thead>
      {groups.map((group) => {
        const kinds = Object.keys(events)
          .filter((kind) => groupOf(kind) === group)
          .toSorted();
        return kinds.length === 0 ? null : (
          <tbody key={group}>
            <tr>
              <th scope="rowgroup" colSpan={3}>
                {t(`told.group.${group}`)}
                {group === "security" && <p className={classes.note}>{t("told.always")}</p>}
              </th>
            </tr>
            {kinds.map((kind) => {
              const chosen = events[kind] ?? { email: false, sms: false };
              const what = kindName(kind, t);
              return (
                <tr key={kind}>
                  <th scope="row">{what}</th>
                  <td>
                    <Checkbox
                      aria-label={t("told.byMail", { what })}
                      checked={chosen.email}
                      disabled={group === "security"}
                      onChange={(e) => set(kind, { ...chosen, email: e.currentTarget.checked })}
                    />
                  </td>
                  <td>
                    <Checkbox
                      aria-label={t("told.bySms", { what })}
                      checked={chosen.sms}
                      disabled={smsUnavailable !== "" && !chosen.sms}
                      onChange={(e) => set(kind, { ...chosen, sms: e.currentTarget.checked })}
                    />
                  </td>
                </tr>
              );
            })}
          </tbody>
        );
      })}
    </table>
  );
}
