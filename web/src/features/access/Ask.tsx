import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Ban, ChevronDown, CircleCheck, ShieldQuestion, UserCheck, type LucideIcon } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Explanation as Why, Permission, Place } from "@/api/types";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Badge, type Tone } from "@/components/StateBadge";
import { askedOf, type AskedKind, categoriesOf, isOneOf } from "./catalogue";
import { type Outcome, outcomesQuery, useCatalogue } from "./data";
import { Explanation } from "./Explanation";
import { TargetFields } from "./TargetFields";
import classes from "./Access.module.css";

const kinds: readonly AskedKind[] = ["customer", "contact", "ticket", "device", "device_group", "team", "quick_support"];

const looks: Record<Why["outcome"], readonly [Tone, LucideIcon]> = {
  allow: ["verified", CircleCheck],
  needs_approval: ["pending", UserCheck],
  deny: ["denied", Ban],
};

interface Props {
  technicianId: string;
  /** Whether somebody asks about themselves. */
  own?: boolean;
  /** What is asked about at first. */
  kind?: AskedKind;
  onAssign?: () => void;
}

/** What somebody may do on a target they choose; each answer opens to say why. */
export function Ask({ technicianId, own, kind: first = "customer", onAssign }: Props) {
  const { t } = useTranslation();
  const [kind, setKind] = useState<AskedKind>(first);
  const [id, setId] = useState<string | null>(null);
  const [only, setOnly] = useState<Why["outcome"] | "any">("any");
  const on = isOneOf(kind) && !id ? null : askedOf(kind, id);
  return (
    <Card title={own ? t("rights.ask.own") : t("rights.ask.title")}>
      <div className={classes.ask}>
        <p className={classes.soft}>{own ? t("rights.ask.ownText") : t("rights.ask.text")}</p>
        <div className={classes.question}>
          <TargetFields
            kinds={kinds}
            kind={kind}
            onKind={(next) => {
              setKind(next);
              setId(null);
            }}
            id={id}
            onId={setId}
          />
          <Select
            label={t("rights.ask.only")}
            data={[{ value: "any", label: t("rights.ask.any") }, ...(["allow", "needs_approval", "deny"] as const).map((value) => ({ value, label: t(`rights.outcome.${value}`) }))]}
            value={only}
            allowDeselect={false}
            onChange={(next) => setOnly((next ?? "any") as typeof only)}
          />
        </div>
        {on ? (
          <Answers key={`${on.type} ${on.id}`} technicianId={technicianId} on={on} only={only} onAssign={onAssign} />
        ) : (
          <EmptyState icon={ShieldQuestion} title={t("rights.ask.first")} compact />
        )}
      </div>
    </Card>
  );
}

function Answers({ technicianId, on, only, onAssign }: { technicianId: string; on: Place; only: string; onAssign?: () => void }) {
  const { t } = useTranslation();
  const catalogue = useCatalogue();
  const query = useQuery(outcomesQuery(technicianId, on));
  if (query.isPending || catalogue.isPending) {
    return <Loading rows={6} height={36} />;
  }
  const failure = query.error ?? catalogue.error;
  if (failure || !query.data || !catalogue.data) {
    return <ErrorState error={failure} retry={() => void query.refetch()} compact />;
  }
  const answers = new Map(query.data.map((x) => [x.permission, x]));
  const shown = catalogue.data.filter((p) => answers.has(p.name) && (only === "any" || answers.get(p.name)?.outcome === only));
  if (shown.length === 0) {
    return <p className={classes.soft}>{t("rights.ask.nothing")}</p>;
  }
  return categoriesOf(shown).map((category) => (
    <section key={category.key} className={classes.answers} aria-label={`${t(`rights.purpose.${category.purpose}`)}: ${category.title}`}>
      <h3>
        {t(`rights.purpose.${category.purpose}`)} · {category.title}
      </h3>
      <ul>
        {category.permissions.map((p) => (
          <Answer key={p.name} permission={p} answer={answers.get(p.name) as Outcome} technicianId={technicianId} on={on} onAssign={onAssign} />
        ))}
      </ul>
    </section>
  ));
}

interface AnswerProps {
  permission: Permission;
  answer: Outcome;
  technicianId: string;
  on: Place;
  onAssign?: () => void;
}

function Answer({ permission, answer, technicianId, on, onAssign }: AnswerProps) {
  const [opened, setOpened] = useState(false);
  const id = useId();
  return (
    <li>
      <button type="button" className={classes.answer} aria-expanded={opened} aria-controls={id} onClick={() => setOpened(!opened)}>
        <ChevronDown size={15} aria-hidden="true" />
        <span>{permission.title}</span>
        <OutcomeBadge outcome={answer.outcome} />
      </button>
      <div id={id} hidden={!opened} className={classes.why}>
        {opened && <Explanation technicianId={technicianId} permission={permission.name} on={on} onAssign={onAssign} />}
      </div>
    </li>
  );
}

/** How a decision comes out: colour, icon and word. */
export function OutcomeBadge({ outcome }: { outcome: Why["outcome"] }) {
  const { t } = useTranslation();
  const [tone, icon] = looks[outcome];
  return (
    <Badge tone={tone} icon={icon}>
      {t(`rights.outcome.${outcome}`)}
    </Badge>
  );
}
