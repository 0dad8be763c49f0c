import { ActionIcon, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Building2, CircleSlash, Hourglass, LayoutGrid, MonitorSmartphone, Plus, Users, X, type LucideIcon } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Grant } from "@/api/types";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import { Badge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import { type Part, partOf, parts } from "./catalogue";
import { grantsQuery, type Subject, takeBack, takeBackTrial } from "./data";
import { GrantForm } from "./GrantForm";
import { placeHref, placeText, placeTitle } from "./places";
import { EffectOf } from "./review";
import classes from "./Access.module.css";

const icons: Record<Part, LucideIcon> = { devices: MonitorSmartphone, sections: LayoutGrid, customers: Building2 };

/** The roles that a technician or a team has: on devices, in sections, at customers. */
export function Grants({ subject, change }: { subject: Subject; change: boolean }) {
  const { t } = useTranslation();
  const query = useQuery(grantsQuery(subject));
  const [giving, setGiving] = useState<Part | null>(null);
  const [ending, setEnding] = useState<Grant | null>(null);
  return (
    <>
      {parts.map((part) => {
        const grants = (query.data ?? []).filter((grant) => partOf(grant.role.purpose) === part);
        return (
          <Card
            key={part}
            title={t(`rights.part.${part}`)}
            flush
            actions={
              change && (
                <Button size="compact-sm" variant="default" leftSection={<Plus size={14} />} aria-label={t("rights.giveOne", { part: t(`rights.part.${part}`) })} onClick={() => setGiving(part)}>
                  {t("rights.give")}
                </Button>
              )
            }
          >
            {query.isPending ? (
              <div className={classes.pad}>
                <Loading rows={2} height={40} />
              </div>
            ) : query.isError ? (
              <ErrorState error={query.error} retry={() => void query.refetch()} compact />
            ) : grants.length === 0 ? (
              <EmptyState icon={icons[part]} title={t(`rights.empty.${part}`)} text={t(`rights.emptyText.${part}`)} compact />
            ) : (
              <ul className={classes.rows}>
                {grants.map((grant) => (
                  <Row key={`${grant.id} ${grant.via_team?.id}`} grant={grant} onEnd={change && !grant.via_team ? () => setEnding(grant) : undefined} />
                ))}
              </ul>
            )}
          </Card>
        );
      })}
      {giving && <GrantForm subject={subject} part={giving} onClose={() => setGiving(null)} />}
      {ending && (
        <Confirm
          opened
          onClose={() => setEnding(null)}
          title={t("rights.takeBack")}
          action={t("rights.takeBack")}
          onConfirm={async () => {
            await takeBack(ending);
            toast(t("rights.takenBack"));
          }}
        >
          {t("rights.takeBackText", { name: subject.name, role: ending.role.name, place: placeText(ending.scope, t) })}
          <EffectOf trial={takeBackTrial(ending)} />
        </Confirm>
      )}
    </>
  );
}

function Row({ grant, onEnd }: { grant: Grant; onEnd?: () => void }) {
  const { t } = useTranslation();
  const href = placeHref(grant.scope);
  const title = placeTitle(grant.scope, t);
  const end = t("rights.takeBackOne", { role: grant.role.name, place: placeText(grant.scope, t) });
  return (
    <li>
      <div className={classes.what}>
        {href ? <Link to={href}>{title}</Link> : <b>{title}</b>}
        <small>
          <Link to="/roles/$id" params={{ id: grant.role.id }}>
            {grant.role.name}
          </Link>
          {" · "}
          <Span {...grant} />
          {grant.created_by.name && ` · ${t("rights.by", { name: grant.created_by.name })}`}
          {grant.reason && ` · ${grant.reason}`}
        </small>
      </div>
      <Marks state={grant.state} team={grant.via_team} />
      {onEnd && (
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={end} title={end} onClick={onEnd}>
          <X size={16} />
        </ActionIcon>
      )}
    </li>
  );
}

interface SpanProps {
  state: Grant["state"];
  created_at?: string;
  not_before?: string;
  expires_at?: string;
}

/** Since when or from when, and until when. */
export function Span({ state, created_at, not_before, expires_at }: SpanProps) {
  const { t } = useTranslation();
  const begin = not_before ?? created_at;
  return (
    <>
      {begin && (
        <>
          {t(state === "waiting" ? "rights.begins" : "rights.since")} <RelativeTime at={begin} />
        </>
      )}
      {begin && expires_at && " · "}
      {expires_at && (
        <>
          {t(state === "expired" ? "rights.ended" : "rights.ends")} <RelativeTime at={expires_at} />
        </>
      )}
    </>
  );
}

interface MarksProps {
  state: Grant["state"];
  team?: { id: string; name: string };
  children?: ReactNode;
}

/** What sets a row apart: that it is not in force, and the team that it comes through. */
export function Marks({ state, team, children }: MarksProps) {
  const { t } = useTranslation();
  return (
    <span className={classes.marks}>
      {children}
      {state !== "active" && (
        <Badge tone={state === "waiting" ? "pending" : "neutral"} icon={state === "waiting" ? Hourglass : CircleSlash}>
          {t(`rights.state.${state}`)}
        </Badge>
      )}
      {team && (
        <Link to="/teams/$id" params={{ id: team.id }} search={{ tab: "access" } as never} className={classes.mark}>
          <Badge tone="neutral" icon={Users}>
            {t("rights.inherited", { team: team.name })}
          </Badge>
        </Link>
      )}
    </span>
  );
}
