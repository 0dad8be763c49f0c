import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { UserCog, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { Avatar } from "@/components/Avatar";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { customerPeopleQuery } from "./data";
import classes from "./Customer.module.css";

/** Who of the staff reaches a customer, and how. */
export function PeopleTab({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useQuery(customerPeopleQuery(id));
  const opens = useCan()("admin.technicians");
  if (query.isPending) {
    return (
      <Card title={t("customer.people")}>
        <Loading rows={5} />
      </Card>
    );
  }
  if (query.isError) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const { teams, technicians } = query.data;
  return (
    <>
      <Card title={t("nav.teams")} flush>
        {teams.length === 0 ? (
          <EmptyState icon={Users} title={t("customer.noTeams")} text={t("customer.noTeamsText")} compact />
        ) : (
          <ul className={classes.people}>
            {teams.map((team) => (
              <li key={team.id}>
                <span className={classes.name}>
                  <Link to="/teams/$id" params={{ id: team.id }}>
                    {team.name}
                  </Link>
                </span>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title={t("nav.technicians")} flush>
        {technicians.length === 0 ? (
          <EmptyState icon={UserCog} title={t("customer.noPeople")} text={t("customer.noPeopleText")} compact />
        ) : (
          <ul className={classes.people}>
            {technicians.map((x) => (
              <li key={x.id}>
                <Avatar name={x.name} size={28} />
                <span className={classes.name}>
                  {opens ? (
                    <Link to="/technicians/$id" params={{ id: x.id }}>
                      {x.name}
                    </Link>
                  ) : (
                    x.name
                  )}
                </span>
                <small>{t(`customer.via.${x.via}`)}</small>
              </li>
            ))}
          </ul>
        )}
      </Card>
    </>
  );
}
