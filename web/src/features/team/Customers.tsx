import { ActionIcon } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Building2, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Team } from "@/api/types";
import { useNames } from "@/app/useNames";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";
import { customerChoices } from "@/features/customer/data";
import { changeTeam } from "./data";
import { TakeIn } from "./TakeIn";
import classes from "./Team.module.css";

/** For whom a team works: its people reach these customers. */
export function Customers({ team, change }: { team: Team; change: boolean }) {
  const { t } = useTranslation();
  const names = useNames("customers", team.customer_ids);
  const save = useMutation({
    mutationFn: (customer_ids: string[]) => changeTeam(team, { customer_ids }),
    onError: (error) => toast(problemText(error, t), "denied"),
  });
  const sorted = team.customer_ids.toSorted((a, b) => (names.get(a) ?? "").localeCompare(names.get(b) ?? ""));
  return (
    <Card title={t("team.customers", { count: team.customer_count })} flush>
      {change && (
        <TakeIn
          label={t("team.add.customers")}
          queryKey={["customers", { beside: team.id, version: team.version }]}
          load={async (q) => (await customerChoices(q)).filter((choice) => !team.customer_ids.includes(choice.value))}
          onTake={(ids) => save.mutateAsync([...team.customer_ids, ...ids])}
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
                  onClick={() => save.mutate(team.customer_ids.filter((x) => x !== id))}
                >
                  <X size={16} />
                </ActionIcon>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
