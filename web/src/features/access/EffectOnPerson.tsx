import { ChevronDown, LockOpen, Minus, Plus, UserCheck, type LucideIcon } from "lucide-react";
import { Fragment, type ReactNode, useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Badge, type Tone } from "@/components/StateBadge";
import { useCan } from "@/app/me";
import { useCatalogue } from "./data";
import { type Affected, countsOf, type Kind, type Row, rowsOf, titled, type Titled } from "./effects";
import { placeHref, placeTitle } from "./places";
import classes from "./Effect.module.css";

const looks: Record<Kind, readonly [Tone, LucideIcon]> = {
  lost: ["denied", Minus],
  needs_approval: ["pending", UserCheck],
  gained: ["verified", Plus],
  free: ["verified", LockOpen],
};

/** What a change would do to one person: how much at a glance, and what exactly where it is opened. */
export function EffectOnPerson({ person, open }: { person: Affected; open: boolean }) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(open);
  const page = useCan()("admin.technicians");
  const id = useId();
  return (
    <li>
      <button type="button" className={classes.person} aria-expanded={opened} aria-controls={id} onClick={() => setOpened(!opened)}>
        <ChevronDown size={15} aria-hidden="true" />
        <b>{person.name}</b>
        <span>
          {countsOf(person)
            .map(([kind, count]) => t(`effect.count.${kind}`, { count }))
            .join(", ")}
          {person.coming && ` (${t("effect.coming")})`}
        </span>
      </button>
      <div id={id} hidden={!opened} className={classes.what}>
        {opened && (
          <>
            <ul className={classes.rows}>
              {rowsOf(person.differences).map((row) => (
                <What key={`${row.kind} ${row.permissions.join(" ")}`} row={row} />
              ))}
            </ul>
            {page && !person.new && (
              <p className={classes.soft}>
                <Away href={`/technicians/${person.id}?tab=access`}>{t("effect.page", { name: person.name })}</Away>
              </p>
            )}
          </>
        )}
      </div>
    </li>
  );
}

function What({ row }: { row: Row }) {
  const { t } = useTranslation();
  const catalogue = useCatalogue().data ?? [];
  const [tone, icon] = looks[row.kind];
  const groups = titled(row.permissions, catalogue);
  return (
    <li>
      <Badge tone={tone} icon={icon}>
        {t(`effect.kind.${row.kind}`)}
      </Badge>
      <div>
        {groups.map((group) => (
          <p key={group.purpose ?? ""} className={classes.line}>
            {groups.length > 1 && group.purpose && <span className={classes.soft}>{t("effect.before", { what: t(`rights.purpose.${group.purpose}`) })} </span>}
            <Titles of={group} />
          </p>
        ))}
        <p className={classes.soft}>
          <Where row={row} />
        </p>
      </div>
    </li>
  );
}

const named = 8;

/** The titles of permissions: the first of many, and the rest on demand. */
function Titles({ of: { titles, all } }: { of: Titled }) {
  const { t } = useTranslation();
  const [whole, setWhole] = useState(titles.length <= named + 1);
  const shown = whole ? titles : titles.slice(0, named);
  return (
    <>
      {all && <strong>{t("effect.all", { count: titles.length })} </strong>}
      {shown.join(", ")}
      {!whole && (
        <>
          {" "}
          <button type="button" className={classes.rest} onClick={() => setWhole(true)}>
            {t("effect.rest", { count: titles.length - named })}
          </button>
        </>
      )}
    </>
  );
}

/** On how much, and where: a customer and a group stand for all that is below them. */
function Where({ row: { devices, customers, sections, at, more, unassigned_devices } }: { row: Row }) {
  const { t } = useTranslation();
  const much = [
    ...(customers > 0 ? [t("effect.customers", { count: customers })] : []),
    ...(devices > 0 ? [t("effect.devices", { count: devices })] : []),
    ...(unassigned_devices ? [t("effect.unassigned")] : []),
    ...sections.map((section) => t(`effect.section.${section}`)),
  ];
  return (
    <>
      {much.length > 0 && at.length > 0 ? `${t("effect.before", { what: much.join(", ") })} ` : much.join(", ")}
      {at.map((place, i) => (
        <Fragment key={`${place.type} ${place.id}`}>
          {i > 0 && ", "}
          <Away href={placeHref(place)}>{placeTitle(place, t)}</Away>
        </Fragment>
      ))}
      {more && ` ${t("effect.more")}`}
    </>
  );
}

// A link that leaves what is being changed where it is.
function Away({ href, children }: { href?: string; children: ReactNode }) {
  const { t } = useTranslation();
  return href ? (
    <a href={href} target="_blank" rel="noreferrer" title={t("effect.away")}>
      {children}
    </a>
  ) : (
    children
  );
}
