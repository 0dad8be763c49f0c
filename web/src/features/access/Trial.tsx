import { Button, Loader } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Ban, CircleCheck, History, UserCheck, type LucideIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Role } from "@/api/types";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { Badge, type Tone } from "@/components/StateBadge";
import { plainName } from "./catalogue";
import { type Backtest, backtest, type BacktestDifference, type RoleFields, useCatalogue } from "./data";
import { placeTitle } from "./places";
import { useSeesEffects } from "./review";
import { isYounger } from "./times";
import classes from "./Unused.module.css";

const looks: Record<BacktestDifference["draft"], readonly [Tone, LucideIcon]> = {
  allow: ["verified", CircleCheck],
  needs_approval: ["pending", UserCheck],
  deny: ["denied", Ban],
};

const days = 30;

interface Props {
  /** The role that those have who are asked about. */
  role: Role;
  fields: Pick<RoleFields, "permissions" | "sensitive_permissions">;
}

/** What of the last weeks would have come out otherwise if a role were as a form says (ACC-19). Whoever may not know what others do sees nothing. */
export function Trial(props: Props) {
  return useSeesEffects() ? <Asked {...props} /> : null;
}

function Asked({ role, fields }: Props) {
  const { t } = useTranslation();
  const trial = useMutation({ mutationFn: () => backtest(role, fields, days) });
  return (
    <section className={classes.trial} aria-label={t("use.trial.title", { count: days })} aria-busy={trial.isPending}>
      <h3>{t("use.trial.title", { count: days })}</h3>
      <p className={classes.soft}>{t("use.trial.text", { name: plainName(role.name) })}</p>
      <Button variant="default" leftSection={trial.isPending ? <Loader size={15} /> : <History size={15} />} aria-disabled={trial.isPending || undefined} onClick={() => trial.isPending || trial.mutate()}>
        {t("use.trial.button", { count: days })}
      </Button>
      {trial.isError && (
        <Callout tone="pending" live="polite">
          {problemText(trial.error, t)}
        </Callout>
      )}
      <div role="status">{trial.data && <Sum of={trial.data} />}</div>
      {trial.data && trial.data.items.length > 0 && <Decisions of={trial.data} />}
    </section>
  );
}

function Sum({ of: b }: { of: Backtest }) {
  const { t, i18n } = useTranslation();
  const begins = b.recorded_since && isYounger(b.recorded_since, days) ? new Date(b.recorded_since) : null;
  const details = [
    t("use.trial.replayed", { count: b.replayed }),
    ...(b.otherwise > 0 ? [t("use.trial.otherwise", { count: b.otherwise })] : []),
    ...(b.anyway > 0 ? [t("use.trial.anyway", { count: b.anyway })] : []),
    ...(b.gone > 0 ? [t("use.trial.gone", { count: b.gone })] : []),
  ];
  return (
    <>
      <p className={classes.sum}>{b.replayed === 0 ? t("use.trial.empty") : b.people > 0 ? t("use.trial.people", { count: b.people }) : t("use.trial.same")}</p>
      <p className={classes.soft}>
        {details.join(", ")}
        {". "}
        {begins && t("use.trial.since", { date: new Intl.DateTimeFormat(i18n.language, { dateStyle: "long" }).format(begins) })}
      </p>
    </>
  );
}

function Decisions({ of: { items, more } }: { of: Backtest }) {
  const { t } = useTranslation();
  const catalogue = useCatalogue().data ?? [];
  const title = (name: string) => catalogue.find((p) => p.name === name)?.title ?? name;
  return (
    <>
      <ul className={classes.decisions} aria-label={t("use.trial.list")} tabIndex={0}>
        {items.map((d) => {
          const [tone, icon] = looks[d.draft];
          return (
            <li key={`${d.technician.id} ${d.permission} ${d.resource_type} ${d.resource_id} ${d.recorded} ${d.today} ${d.by_program}`}>
              <span>
                <strong>{d.technician.name}</strong> {title(d.permission)}
              </span>
              <span className={classes.soft}>
                {d.resource_type === "" ? t("use.trial.anywhere") : placeTitle({ type: d.resource_type, id: d.resource_id, name: d.resource_name }, t)}
                {" · "}
                {t("use.trial.times", { count: d.times })}
                {d.by_program && ` · ${t("use.trial.program")}`}
                {d.today === d.draft && ` · ${t("use.trial.elsewhere")}`}
              </span>
              <Badge tone={tone} icon={icon}>
                {t("use.trial.change", { recorded: t(`use.trial.${d.recorded}`), draft: t(`use.trial.${d.draft}`) })}
              </Badge>
            </li>
          );
        })}
      </ul>
      {more && <p className={classes.soft}>{t("use.trial.more")}</p>}
    </>
  );
}
