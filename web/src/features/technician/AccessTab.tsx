import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Building2, Users } from "lucide-react";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import type { Technician } from "@/api/types";
import { useCan } from "@/app/me";
import { useNames } from "@/app/useNames";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { StateBadge } from "@/components/StateBadge";
import { AccessParts } from "@/features/access";
import { ownRoleQuery } from "@/features/access/platformRoles";
import { teamsOfQuery } from "@/features/team/data";
import type { Role } from "./data";
import { EditPart } from "./ProfileTab";
import { customersReached, type Reach } from "./reach";
import { roleName } from "./TechnicianList";
import type { Part } from "./TechnicianEdit";
import classes from "./Technician.module.css";

interface Props {
  technician: Technician;
  onEdit?: (part: Part) => void;
}

/** What a technician may do and for whom, and where each of it comes from. */
export function AccessTab({ technician, onEdit }: Props) {
  const { t } = useTranslation();
  const teams = useQuery(teamsOfQuery(technician.id));
  const manages = useCan()("admin.technicians");
  const counts = useQuery({ ...ownRoleQuery(technician.id), enabled: manages }).data?.customers || undefined;
  const administrator = technician.platform_role === "administrator";
  const all = administrator || counts === "all";
  const change = manages && onEdit !== undefined;
  return (
    <>
      <Card title={t("technician.role")} actions={<EditPart part="access" onEdit={onEdit} />}>
        <div className={classes.role}>
          <p>
            <strong>{roleName(technician, t)}</strong>
          </p>
          <p>
            {technician.owner
              ? t("technician.ownerHelp")
              : technician.platform_role_name
                ? t("technician.basedOn", { role: t(`role.${technician.platform_role as Role}`) })
                : t(`roleText.${technician.platform_role as Role}`, { defaultValue: "" })}
          </p>
        </div>
      </Card>
      <Card title={t("nav.teams")} flush>
        {teams.isPending ? (
          <div className={classes.pad}>
            <Loading rows={2} />
          </div>
        ) : teams.isError ? (
          <ErrorState error={teams.error} retry={() => void teams.refetch()} compact />
        ) : teams.data.length === 0 ? (
          <EmptyState icon={Users} title={t("technician.noTeams")} text={t("technician.noTeamsText")} compact />
        ) : (
          <ul className={classes.reach}>
            {teams.data.map((team) => (
              <li key={team.id}>
                <Link to="/teams/$id" params={{ id: team.id }}>
                  {team.name}
                </Link>
                <span className={classes.via}>
                  {team.lead_ids.includes(technician.id) && <StateBadge state="verified" label={t("team.lead")} />}
                  {t("team.customers", { count: team.customer_count })}
                </span>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <Card title={t("nav.customers")} flush>
        {all ? <p className={classes.pad}>{t("technician.allCustomersText")}</p> : <Customers reached={customersReached(technician, teams.data ?? [], counts)} pending={teams.isPending} />}
      </Card>
      <Suspense fallback={<Loading rows={6} height={44} />}>
        <AccessParts subject={{ type: "technician", id: technician.id, name: technician.name }} change={change} onAssign={change ? () => onEdit("access") : undefined} based={technician.owner || administrator ? undefined : technician.platform_role} />
      </Suspense>
    </>
  );
}

function Customers({ reached, pending }: { reached: Reach[]; pending: boolean }) {
  const { t } = useTranslation();
  const names = useNames("customers", reached.map((x) => x.customerId));
  if (pending) {
    return (
      <div className={classes.pad}>
        <Loading rows={3} />
      </div>
    );
  }
  if (reached.length === 0) {
    return <EmptyState icon={Building2} title={t("technician.noCustomers")} text={t("technician.noCustomersText")} compact />;
  }
  const sorted = reached.toSorted((a, b) => (names.get(a.customerId) ?? "").localeCompare(names.get(b.customerId) ?? ""));
  return (
    <ul className={classes.reach}>
      {sorted.map(({ customerId, via }) => (
        <li key={customerId}>
          <Link to="/customers/$id" params={{ id: customerId }}>
            {names.get(customerId) ?? "…"}
          </Link>
          <span className={classes.via}>
            {via.map((way) =>
              way.type === "team" ? (
                <Link key={way.id} to="/teams/$id" params={{ id: way.id }}>
                  {t("technician.viaTeam", { team: way.name })}
                </Link>
              ) : (
                <span key="direct">{t("technician.viaDirect")}</span>
              ),
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
