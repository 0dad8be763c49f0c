import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronDown, Scissors } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { RelativeTime } from "@/components/RelativeTime";
import { plainName } from "./catalogue";
import { rolesQuery, type UnusedRight, useCatalogue } from "./data";
import { RoleForm } from "./RoleForm";
import { isYounger } from "./times";
import { enoughDays, narrowed } from "./UnusedOfRole";
import classes from "./Unused.module.css";

/** A technician, or a role with how many have it. */
export interface Unused {
  id: string;
  name: string;
  held: number;
  holders?: number;
  unused: UnusedRight[];
}

interface Props {
  item: Unused;
  /** For how long it was not used. */
  days: number;
  open: boolean;
  /** Since when that is known. */
  since?: string;
}

/** What one technician, or nobody of those who have a role, uses. */
export function UnusedItem({ item, days, open, since }: Props) {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(open);
  const people = useCan()("admin.technicians");
  const id = useId();
  const role = item.holders !== undefined;
  return (
    <li>
      <button type="button" data-row className={classes.head} aria-expanded={opened} aria-controls={id} onClick={() => setOpened(!opened)}>
        <ChevronDown size={15} aria-hidden="true" />
        <b>{role ? plainName(item.name) : item.name}</b>
        <span>
          {t("use.count", { count: item.unused.length, held: item.held })}
          {item.holders !== undefined && ` · ${t("use.holders", { count: item.holders })}`}
        </span>
      </button>
      <div id={id} hidden={!opened} className={classes.body}>
        {opened && (
          <>
            <ul className={classes.rights}>
              {item.unused.map((right) => (
                <Right key={right.permission} right={right} days={days} />
              ))}
            </ul>
            {role ? (
              <Link to="/roles/$id" params={{ id: item.id }}>
                {t("use.open", { name: plainName(item.name) })}
              </Link>
            ) : (
              people && (
                <>
                  <Link to="/technicians/$id" params={{ id: item.id }} search={{ tab: "access" } as never}>
                    {t("use.page", { name: item.name })}
                  </Link>
                  {since && !isYounger(since, enoughDays) && <Narrower person={item} />}
                </>
              )
            )}
          </>
        )}
      </div>
    </li>
  );
}

// For each role that gives one person something unused: one without that, which their grants can move to.
function Narrower({ person }: { person: Unused }) {
  const { t } = useTranslation();
  const can = useCan();
  const roles = useQuery(rolesQuery).data ?? [];
  const [open, setOpen] = useState<string | null>(null);
  if (!can("admin.roles")) {
    return null;
  }
  const narrowable = roles
    .map((role) => ({ role, narrower: narrowed(role, person.unused.filter((right) => right.roles.some((by) => by.id === role.id))) }))
    .filter(({ role, narrower }) => narrower.length > 0 && narrower.length < role.permissions.length);
  return (
    <div className={classes.narrower}>
      {narrowable.map(({ role, narrower }) => (
        <div key={role.id}>
          <Button variant="default" size="compact-sm" leftSection={<Scissors size={14} />} onClick={() => setOpen(role.id)}>
            {t("use.narrowFor", { role: plainName(role.name), name: person.name })}
          </Button>
          <RoleForm opened={open === role.id} onClose={() => setOpen(null)} role={role} copy narrower={narrower} holder={`technician:${person.id}`} onSaved={(made) => goTo(`/roles/${made.id}`)} />
        </div>
      ))}
    </div>
  );
}

function Right({ right, days }: { right: UnusedRight; days: number }) {
  const { t } = useTranslation();
  const title = useCatalogue().data?.find((p) => p.name === right.permission)?.title ?? right.permission;
  return (
    <li>
      <strong>{title}</strong>
      <small>
        {right.last_used_at ? (
          <>
            {t("use.last")} <RelativeTime at={right.last_used_at} />
          </>
        ) : (
          t("use.never")
        )}
        {right.last_asked_at && (
          <>
            {" · "}
            {t("use.asked")} <RelativeTime at={right.last_asked_at} />
          </>
        )}
        {right.held_since && isYounger(right.held_since, days) && (
          <>
            {" · "}
            {t("use.held")} <RelativeTime at={right.held_since} />
          </>
        )}
        {right.roles.length > 0 && ` · ${t("use.through", { roles: right.roles.map((role) => plainName(role.name)).join(", ") })}`}
      </small>
    </li>
  );
}
