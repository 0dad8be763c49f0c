import { Anchor, Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AccessPath, Permission, Place } from "@/api/types";
import { useCan, useMe } from "@/app/me";
import { absolute } from "@/components/time";
import { useNow } from "@/components/useNow";
import { useCatalogue } from "./data";
import { Explanation, Sentence } from "./Explanation";
import { sentence, verdict } from "./sentences";
import type { Told } from "./ToldPage";
import classes from "./Told.module.css";

type Rule = Told["because"][number];

/** What the parts of a recorded question are called. */
export function useToldWords(catalogue: readonly Permission[] | undefined) {
  const { t } = useTranslation();
  const titles = new Map(catalogue?.map((p) => [p.name, p.title]));
  const place = ({ resource_type: type, resource_id: id, resource_name: name }: Told) => {
    if (type === "section" || type === "organization") {
      return t(`rights.target.${id === "quick_support" ? "quick_support" : "team"}`);
    }
    const kind = t(`answered.kind.${type as "device"}`, { defaultValue: type });
    return type === "" || id === "" ? t("answered.nothing") : t("answered.place", { kind, name: name || t("answered.unseen") });
  };
  return {
    permission: (x: Told) => titles.get(x.permission) ?? (x.permission || t("answered.noPermission")),
    place,
    subject: (x: Told) => (x.subject_id ? x.subject_name || t("answered.gone") : t("answered.nobody")),
    by: (x: Told) => x.asked_by_name || t("answered.gone"),
    how: (x: Told) => (x.token_id === "" ? t("answered.session") : x.token_name ? t("answered.token", { name: x.token_name }) : t("answered.tokenGone")),
  };
}

/** One decision in full: what was asked, by whom, why it came out as it did, and how it would today. */
export function ToldDetail({ told }: { told: Told }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const can = useCan();
  const words = useToldWords(useCatalogue().data);
  const opens = can("admin.technicians");
  const page = pageOf(told);
  const person = (id: string, name: string) =>
    opens && id ? (
      <Anchor component={Link} to={`/technicians/${id}`} inherit underline="always">
        {name}
      </Anchor>
    ) : (
      name
    );
  const rows: [string, React.ReactNode][] = [
    [t("answered.at"), `${absolute(new Date(told.at), i18n.language, me?.technician.time_zone)}${told.times > 1 ? ` · ${t("answered.times", { count: told.times })}` : ""}`],
    [t("answered.subject"), person(told.subject_id, words.subject(told))],
    [t("answered.permission"), told.permission ? `${words.permission(told)} (${told.permission})` : words.permission(told)],
    [
      t("answered.resource"),
      page ? (
        <Anchor key="thing" component={Link} to={page} inherit underline="always">
          {words.place(told)}
        </Anchor>
      ) : (
        words.place(told)
      ),
    ],
    [
      t("answered.by"),
      <span key="by">
        {person(told.asked_by, words.by(told))} {words.how(told)}
      </span>,
    ],
  ];
  return (
    <div className={classes.detail}>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <section aria-label={t("answered.why")}>
        <h2>{t("answered.why")}</h2>
        <p>{told.reason === "beyond_token" ? t("answered.beyondToken") : verdict(told, t)}</p>
        <Rules told={told} />
      </section>
      <Again told={told} />
      <nav className={classes.links} aria-label={t("nav.decisions")}>
        {told.subject_id && <Same search={{ subject_id: told.subject_id }}>{t("answered.same", { name: words.subject(told) })}</Same>}
        {told.resource_id && <Same search={{ resource_id: told.resource_id }}>{t("answered.sameThing")}</Same>}
        {told.token_id && <Same search={{ token_id: told.token_id }}>{t("answered.sameToken")}</Same>}
      </nav>
    </div>
  );
}

function Same({ search, children }: { search: Record<string, string>; children: string }) {
  return (
    <Anchor component={Link} to="/decisions" search={search as never} inherit>
      {children}
    </Anchor>
  );
}

const pages: Record<string, string> = { device: "/devices/", customer: "/customers/", contact: "/contacts/", ticket: "/tickets/" };

// What has no name here is gone, or is not for the reader.
function pageOf({ resource_type: type, resource_id: id, resource_name: name }: Told): string | undefined {
  return name && pages[type] ? pages[type] + id : undefined;
}

function Rules({ told }: { told: Told }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const now = useNow(60_000);
  const telling = { t, language: i18n.language, now, zone: me?.technician.time_zone || me?.organization.time_zone };
  if (told.because.length === 0) {
    return told.outcome === "deny" || told.reason === "owner" ? null : <p>{t("answered.noRule")}</p>;
  }
  return (
    <ul>
      {told.because.map((rule) => (
        <li key={rule.id}>{rule.by === "gone" ? t("answered.ruleGone") : <Sentence pieces={sentence(pathOf(rule, t("answered.unseen")), told.reason === "explicit_deny", telling)} />}</li>
      ))}
    </ul>
  );
}

// A rule as the explanation tells it.
function pathOf({ at, ...rule }: Rule, unseen: string): AccessPath {
  return { ...rule, ...(at ? { at: { ...at, name: at.id ? at.name || unseen : "" } } : {}) } as AccessPath;
}

/** How the same question comes out now. */
function Again({ told }: { told: Told }) {
  const { t } = useTranslation();
  const me = useMe();
  const can = useCan();
  const [asked, setAsked] = useState(false);
  if (!told.subject_id || !told.permission || !told.resource_type) {
    return null;
  }
  if (me?.technician.id !== told.subject_id && !can("admin.technicians") && !can("admin.roles")) {
    return <p className={classes.soft}>{t("answered.againRight")}</p>;
  }
  if (!asked) {
    return (
      <div>
        <Button variant="default" size="compact-sm" leftSection={<Scale size={14} />} onClick={() => setAsked(true)}>
          {t("answered.again")}
        </Button>
      </div>
    );
  }
  return (
    <section aria-label={t("answered.again")}>
      <h2>{t("answered.again")}</h2>
      <p className={classes.soft}>{t("answered.againText")}</p>
      <Explanation technicianId={told.subject_id} permission={told.permission} on={{ type: told.resource_type, id: told.resource_id, name: told.resource_name } as Place} />
    </section>
  );
}
