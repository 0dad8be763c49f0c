import { ActionIcon, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Ban, CircleCheck, Plus, Scale, X } from "lucide-react";
import { useState } from "react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Override } from "@/api/types";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Badge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import { useNow } from "@/components/useNow";
import { kindOf, placeOf } from "./catalogue";
import { type NewOverride, overridesQuery, overridesTrial, replaceOverrides, type Subject, useCatalogue } from "./data";
import { Marks, Span } from "./Grants";
import { OverrideForm } from "./OverrideForm";
import { placeHref, placeText, placeTitle } from "./places";
import { EffectOf } from "./review";
import { stateOf } from "./times";
import classes from "./Access.module.css";

/** The overrides of a technician or a team: one permission allowed or taken away. They are saved as a whole. */
export function Overrides({ subject, change }: { subject: Subject; change: boolean }) {
  const { t } = useTranslation();
  const query = useQuery(overridesQuery(subject));
  const catalogue = useCatalogue().data ?? [];
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Override | null>(null);
  const all = query.data?.overrides ?? [];
  // What comes through a team is the team's to change.
  const own = all.filter((x) => !x.via_team);
  const titleOf = (name: string) => catalogue.find((p) => p.name === name)?.title ?? name;
  const version = query.data?.version ?? 0;
  const without = (id: string) => own.filter((x) => x.id !== id).map(asSent);
  const beside = (one: NewOverride) => [...own.map(asSent), one];
  const save = async (next: NewOverride[]) => {
    await replaceOverrides(subject, version, next);
    toast(t("rights.override.saved"));
  };
  return (
    <Card
      title={t("rights.override.title")}
      flush
      actions={
        change && (
          <Button size="compact-sm" variant="default" leftSection={<Plus size={14} />} disabled={!query.isSuccess} onClick={() => setAdding(true)}>
            {t("rights.override.new")}
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
      ) : all.length === 0 ? (
        <EmptyState icon={Scale} title={t("rights.empty.overrides")} text={t("rights.emptyText.overrides")} compact />
      ) : (
        <ul className={classes.rows}>
          {all.map((x) => (
            <Row key={x.id} override={x} title={titleOf(x.permission)} onEnd={change && !x.via_team ? () => setEnding(x) : undefined} />
          ))}
        </ul>
      )}
      {adding && <OverrideForm subject={subject} onClose={() => setAdding(false)} onSave={(one) => save(beside(one))} trial={(one) => overridesTrial(subject, version, beside(one))} />}
      {ending && (
        <Confirm opened onClose={() => setEnding(null)} title={t("rights.override.remove")} action={t("rights.override.remove")} onConfirm={() => save(without(ending.id))}>
          {t("rights.override.removeText", { permission: titleOf(ending.permission), place: placeText(ending.scope, t) })}
          <EffectOf trial={overridesTrial(subject, version, without(ending.id))} />
        </Confirm>
      )}
    </Card>
  );
}

/** An override as it is saved again: without what the server adds to it. */
function asSent({ permission, effect, scope, not_before, expires_at }: Override): NewOverride {
  return { permission, effect, scope: placeOf(kindOf(scope), scope.id), ...(not_before ? { not_before } : {}), ...(expires_at ? { expires_at } : {}) };
}

function Row({ override: x, title, onEnd }: { override: Override; title: string; onEnd?: () => void }) {
  const { t } = useTranslation();
  const now = useNow(15_000);
  const state = stateOf(x, now);
  const href = placeHref(x.scope);
  const place = placeTitle(x.scope, t);
  const end = t("rights.override.removeOne", { permission: title, place: placeText(x.scope, t) });
  return (
    <li>
      <div className={classes.what}>
        <b>{title}</b>
        <small>
          {href ? <Link to={href}>{place}</Link> : place}
          {(x.not_before ?? x.expires_at) && " · "}
          <Span state={state} not_before={x.not_before} expires_at={x.expires_at} />
        </small>
      </div>
      <Marks state={state} team={x.via_team}>
        <Badge tone={x.effect === "deny" ? "denied" : "verified"} icon={x.effect === "deny" ? Ban : CircleCheck}>
          {t(`rights.override.${x.effect}`)}
        </Badge>
      </Marks>
      {onEnd && (
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={end} title={end} onClick={onEnd}>
          <X size={16} />
        </ActionIcon>
      )}
    </li>
  );
}
