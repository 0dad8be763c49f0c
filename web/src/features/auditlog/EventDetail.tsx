import { useTranslation } from "react-i18next";
import type { AuditEvent } from "@/api/types";
import { useMe } from "@/app/me";
import { CopyButton } from "@/components/CopyButton";
import { absolute } from "@/components/time";
import classes from "./Audit.module.css";

/** One event in full: when, who, from where, what exactly, and what was before. */
export function EventDetail({ event }: { event: AuditEvent }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const rows: [string, React.ReactNode][] = [
    [t("audit.number"), event.seq],
    [t("audit.at"), absolute(new Date(event.at), i18n.language, me?.technician.time_zone)],
    [t("audit.actor"), `${event.actor.name} (${t(`actor.${event.actor.type as "system"}`, { defaultValue: event.actor.type })})`],
    [t("audit.action"), event.action],
    [t("audit.reason"), event.reason],
    [t("audit.targets"), event.targets.map((x) => `${x.name || x.id} (${x.type})`).join(", ")],
    [t("audit.address"), [event.address, event.device].filter(Boolean).join(" · ")],
    [t("error.request"), event.request_id && <>{event.request_id} <CopyButton value={event.request_id} /></>],
    ...Object.entries(event.detail ?? {}).map(([key, value]): [string, React.ReactNode] => [key, text(value)]),
  ];
  const changes = Object.entries(event.changes ?? {});
  return (
    <div className={classes.event}>
      {event.erased && <p className={classes.erased}>{t("audit.erased")}</p>}
      <dl>
        {rows
          .filter(([, value]) => value !== "" && value !== undefined && value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {changes.length > 0 && (
        <table className={classes.changes}>
          <thead>
            <tr>
              <th scope="col">{t("audit.field")}</th>
              <th scope="col">{t("audit.before")}</th>
              <th scope="col">{t("audit.after")}</th>
            </tr>
          </thead>
          <tbody>
            {changes.map(([field, change]) => (
              <tr key={field}>
                <th scope="row">{field}</th>
                <td>{text(change.before) && <del>{text(change.before)}</del>}</td>
                <td>{text(change.after) && <ins>{text(change.after)}</ins>}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}

function text(value: unknown): string {
  return value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
}
