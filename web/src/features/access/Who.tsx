import { Button } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UserRoundX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Place } from "@/api/types";
import { useMe } from "@/app/me";
import { Avatar } from "@/components/Avatar";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { useNow } from "@/components/useNow";
import { type Able, whoQuery } from "./data";
import { Sentence } from "./Explanation";
import { PermissionSelect } from "./PermissionSelect";
import { sentence } from "./sentences";
import classes from "./Access.module.css";

const page = 20;

/** Who may do something with a device now, and by what. */
export function Who({ on }: { on: Place }) {
  const { t } = useTranslation();
  const [permission, setPermission] = useState("device.view");
  const [limit, setLimit] = useState(page);
  const query = useQuery({ ...whoQuery(permission, on, limit), placeholderData: keepPreviousData });
  return (
    <Card title={t("rights.who.title")}>
      <div className={classes.ask}>
        <PermissionSelect
          label={t("rights.permission")}
          description={t("rights.who.text")}
          allowDeselect={false}
          fits={(p) => p.purpose === "devices"}
          value={permission}
          onChange={(next) => {
            setPermission(next ?? "device.view");
            setLimit(page);
          }}
        />
        {query.isPending ? (
          <Loading rows={4} height={40} />
        ) : query.isError ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} compact />
        ) : query.data.items.length === 0 ? (
          <EmptyState icon={UserRoundX} title={t("rights.who.none")} compact />
        ) : (
          <ul className={classes.people} aria-busy={query.isPlaceholderData || undefined}>
            {query.data.items.map((x) => (
              <Person key={x.id} person={x} />
            ))}
          </ul>
        )}
        {query.data?.next_cursor && limit < 200 && (
          <Button variant="default" size="compact-sm" className={classes.more} loading={query.isPlaceholderData} onClick={() => setLimit(200)}>
            {t("rights.who.more")}
          </Button>
        )}
      </div>
    </Card>
  );
}

function Person({ person }: { person: Able }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const now = useNow(60_000);
  const first = person.because?.[0];
  const telling = { t, language: i18n.language, now, zone: me?.technician.time_zone || me?.organization.time_zone };
  return (
    <li>
      <Avatar name={person.name} size={28} />
      <div className={classes.what}>
        <Link to="/technicians/$id" params={{ id: person.id }} search={{ tab: "access" } as never}>
          {person.name}
        </Link>
        {first && (
          <small>
            <Sentence pieces={sentence(first, false, telling)} />
          </small>
        )}
      </div>
    </li>
  );
}
