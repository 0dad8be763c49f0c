import { ActionIcon } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Building2, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Team } from "@/api/types";
import { useNames } from "@/app/useNames";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { useAskFirst } from "@/features/access/AskFirst";
import { customerChoices } from "@/features/customer/data";
import { changeTeam, teamTrial } from "./data";
import { TakeIn } from "./TakeIn";
import classes from "./Team.module.css";

/** For whom a team works: its people reach these customers. */
export function Customers({ team, change }: { team: Team; change: boolean }) {
  const { t } = useTranslation();
  const names = useNames("customers", team.customer_ids);
  const { ask, question } = useAskFirst();
  const save = (title: string, action: string, danger: boolean, customer_ids: string[]) =>
    ask({ title, action, danger, trial: teamTrial(team, { customer_ids }), run: () => changeTeam(team, { customer_ids }) });
  const out = (id: string) => {
    // That it was not made has been said where it was.
    save(t("team.out", { name: names.get(id) ?? id }), t("team.takeOut"), true, team.customer_ids.filter((x) => x !== id)).catch(() => undefined);
  };
  const sorted = team.customer_ids.toSorted((a, b) => (names.get(a) ?? "").localeCompare(names.get(b) ?? ""));
  return (
    <Card title={t("team.customers", { count: team.customer_count })} flush>
      {change && (
        <TakeIn
          label={t("team.add.customers")}
          queryKey={["customers", { beside: team.id, version: team.version }]}
          load={async (q) => (await customerChoices(q)).filter((choice) => !team.customer_ids.includes(choice.value))}
          onTake={(ids) => save(t("team.takeCustomers", { count: ids.length }), t("team.take"), false, [...team.customer_ids, ...ids])}
        />
      )}
      {sorted.length === 0 ? (
        <EmptyState icon={Building2} title={t("team.no.customers")} text={t("team.noText.customers")} compact />
      ) : (
        <ul className={classes.items}>
          {sorted.map((id) => (
            <li key={id}>
              <span className={classes.name}>
                {names.has(id) ? (
                  <Link to="/customers/$id" params={{ id }}>
                    {names.get(id)}
                  </Link>
                ) : (
                  "…"
                )}
              </span>
              {change && (
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size={36}
                  aria-label={t("team.out", { name: names.get(id) ?? id })}
                  title={t("team.out", { name: names.get(id) ?? id })}
                  onClick={() => out(id)}
                >
                  <X size={16} />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
      )}
      {question}
    </Card>
  );
}
