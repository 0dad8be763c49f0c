import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { AuditEvent } from "@/api/types";
import { useCan, useMe } from "@/app/me";
import { CopyButton } from "@/components/CopyButton";
import { absolute } from "@/components/time";
import classes from "./Audit.module.css";
import { Changes, text } from "./Changes";
import { pageOf } from "./links";

/** One event in full: when, who, from where, what exactly, and what was before; with links to all that it names, and from there back. */
export function EventDetail({ event }: { event: AuditEvent }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const kind = t(`actor.${event.actor.type as "system"}`, { defaultValue: event.actor.type });
  const rows: [string, React.ReactNode][] = [
    [t("audit.number"), event.seq],
    [t("audit.at"), absolute(new Date(event.at), i18n.language, me?.technician.time_zone)],
    [t("audit.actor"), <Thing key="actor" type={event.actor.type} id={event.actor.id} name={event.actor.name} kind={kind} narrow="actor" />],
    [t("audit.action"), event.action],
    [t("audit.reason"), event.reason],
    [
      t("audit.targets"),
      event.targets.length > 0 && (
        <ul key="targets" className={classes.things}>
          {event.targets.map((target) => (
            <li key={target.type + target.id}>
              <Thing type={target.type} id={target.id} name={target.name} kind={target.type} narrow="target" />
            </li>
          ))}
        </ul>
      ),
    ],
    [t("audit.address"), [event.address, event.device].filter(Boolean).join(" · ")],
    [
      t("error.request"),
      event.request_id && (
        <span key="request">
          {event.request_id} <CopyButton value={event.request_id} />
        </span>
      ),
    ],
    ...Object.entries(event.detail ?? {}).map(([key, value]): [string, React.ReactNode] => [key.replaceAll("_", " "), text(value)]),
  ];
  return (
    <div className={classes.event}>
      {event.erased && <p className={classes.erased}>{t("audit.erased")}</p>}
      <dl>
        {rows
          .filter(([, value]) => value !== "" && value !== false && value !== undefined && value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
      </dl>
      {Object.keys(event.changes ?? {}).length > 0 && <Changes changes={event.changes} />}
    </div>
  );
}

interface ThingProps {
  type: string;
  id: string;
  name: string;
  kind: string;
  narrow: "actor" | "target";
}

function Thing({ type, id, name, kind, narrow }: ThingProps) {
  const { t } = useTranslation();
  const can = useCan();
  const page = pageOf(type, id);
  const shown = name || id || kind;
  return (
    <>
      {page ? (
        <Anchor component={Link} to={page} inherit>
          {shown}
        </Anchor>
      ) : (
        shown
      )}{" "}
      ({kind})
      {id && can("admin.audit") && (
        <>
          {" · "}
          <Anchor component={Link} to="/audit" search={{ [narrow]: id } as never} inherit>
            {t(narrow === "actor" ? "audit.allBy" : "audit.allAbout")}
          </Anchor>
        </>
      )}
    </>
  );
}
