import { Link } from "@tanstack/react-router";
import { ChevronDown } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { RelativeTime } from "@/components/RelativeTime";
import { plainName } from "./catalogue";
import { type UnusedRight, useCatalogue } from "./data";
import { isYounger } from "./times";
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
}

/** What one technician, or nobody of those who have a role, uses. */
export function UnusedItem({ item, days, open }: Props) {
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
                <Link to="/technicians/$id" params={{ id: item.id }} search={{ tab: "access" } as never}>
                  {t("use.page", { name: item.name })}
                </Link>
              )
            )}
          </>
        )}
      </div>
    </li>
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
