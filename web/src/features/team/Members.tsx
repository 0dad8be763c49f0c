import { ActionIcon, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Star, UserCog, X } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Team, TeamPerson } from "@/api/types";
import { useCan } from "@/app/me";
import { Avatar } from "@/components/Avatar";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { StateBadge } from "@/components/StateBadge";
import { useAskFirst } from "@/features/access/AskFirst";
import { changeTeam, otherPeople, teamPeopleQuery, teamTrial } from "./data";
import { TakeIn } from "./TakeIn";
import classes from "./Team.module.css";

interface Props {
  team: Team;
  /** Whether members can be taken in and out. */
  change: boolean;
  /** Whether leads can be named. */
  lead: boolean;
}

/** Who belongs to a team. Its managers take people in and out; administrators also name the leads. */
export function Members({ team, change, lead }: Props) {
  const { t } = useTranslation();
  const query = useQuery(teamPeopleQuery(team.id, team.version));
  const { ask, question } = useAskFirst();
  const save = (title: string, action: string, danger: boolean, next: { lead_ids?: string[]; member_ids?: string[] }) =>
    ask({ title, action, danger, trial: teamTrial(team, next), run: () => changeTeam(team, next) });
  // That it was not made has been said where it was.
  const out = (person: TeamPerson) => {
    save(t("team.out", { name: person.name }), t("team.takeOut"), true, { member_ids: team.member_ids.filter((id) => id !== person.id) }).catch(() => undefined);
  };
  const toggleLead = (person: TeamPerson) => {
    const next = person.lead
      ? { lead_ids: team.lead_ids.filter((id) => id !== person.id), member_ids: [...new Set([...team.member_ids, person.id])] }
      : { lead_ids: [...team.lead_ids, person.id] };
    save(t(person.lead ? "team.unlead" : "team.makeLead", { name: person.name }), t("save"), person.lead, next).catch(() => undefined);
  };
  return (
    <Card title={t("team.members", { count: team.member_count })} flush>
      {change && (
        <TakeIn
          label={t("team.add.technicians")}
          queryKey={["teams", team.id, "others", team.version]}
          load={(q) => otherPeople(team.id, q)}
          onTake={(ids) => save(t("team.takePeople", { count: ids.length }), t("team.take"), false, { member_ids: [...team.member_ids, ...ids] })}
        />
      )}
      {query.isPending ? (
        <div className={classes.pad}>
          <Loading rows={Math.min(Math.max(team.member_count, 1), 8)} height={36} />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : query.data.length === 0 ? (
        <EmptyState icon={UserCog} title={t("team.no.technicians")} text={t("team.noText.technicians")} compact />
      ) : (
        <ul className={classes.items}>
          {query.data.map((person) => (
            <li key={person.id}>
              <Avatar name={person.name} size={28} src={person.avatar_url} />
              <Name person={person} />
              {person.lead && <StateBadge state="verified" label={t("team.lead")} />}
              {person.status !== "active" && <StateBadge state={person.status} />}
              {lead && (
                <Tooltip label={t(person.lead ? "team.unlead" : "team.makeLead", { name: person.name })}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={36}
                    aria-label={t(person.lead ? "team.unlead" : "team.makeLead", { name: person.name })}
                    aria-pressed={person.lead}
                    onClick={() => toggleLead(person)}
                  >
                    <Star size={16} fill={person.lead ? "currentColor" : "none"} />
                  </ActionIcon>
                </Tooltip>
              )}
              {change && person.may_move && person.member && !person.lead && (
                <ActionIcon variant="subtle" color="gray" size={36} aria-label={t("team.out", { name: person.name })} title={t("team.out", { name: person.name })} onClick={() => out(person)}>
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

function Name({ person }: { person: TeamPerson }) {
  const opens = useCan()("admin.technicians");
  return (
    <span className={classes.name}>
      {opens ? (
        <Link to="/technicians/$id" params={{ id: person.id }}>
          {person.name}
        </Link>
      ) : (
        <b>{person.name}</b>
      )}
      {person.job_title && <small>{person.job_title}</small>}
    </span>
  );
}
