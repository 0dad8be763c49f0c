import { useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { UserCog } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query, Technician } from "@/api/types";
import { useNames } from "@/app/useNames";
import { Avatar } from "@/components/Avatar";
import { EmptyState } from "@/components/EmptyState";
import { List } from "@/components/list/List";
import type { Filter } from "@/components/list/Toolbar";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { platformRolesQuery } from "@/features/access/platformRoles";
import { CustomerFilter } from "@/features/customer/CustomerFilter";
import { TeamFilter } from "@/features/team/TeamFilter";
import { BulkActions } from "./BulkActions";
import { origins, roles, type Role, shownState } from "./data";
import { OriginIcon } from "./Origin";
import classes from "./Technician.module.css";

/** The staff, searched, filtered, chosen for bulk work and exported. */
export function TechnicianList({ empty }: { empty: ReactNode }) {
  const { t } = useTranslation();
  const filters = useFilters();
  return (
    <List
      name="technicians"
      label={t("nav.technicians")}
      queryKey={["technicians"]}
      load={(query: Query<"/api/technicians">, signal: AbortSignal) => must(api.GET("/api/technicians", { params: { query }, signal }))}
      rowId={(x) => x.id}
      href={(x) => `/technicians/${x.id}`}
      secondary={(x) => [shownState(x) === "active" ? "" : t(`state.${shownState(x)}`), x.email, roleName(x, t)].filter(Boolean).join(" · ")}
      defaultSort="name"
      exportHref="/api/technicians.csv"
      filters={filters}
      bulk={(selection) => <BulkActions selection={selection} />}
      empty={<EmptyState icon={UserCog} title={t("technician.empty")} text={t("technician.emptyText")} action={<div className={classes.next}>{empty}</div>} />}
      columns={[
        {
          key: "name",
          header: t("technician.name"),
          sort: "name",
          cell: (x) => (
            <span className={classes.person}>
              <Avatar name={x.name} size={24} src={x.avatar_url} />
              {x.name}
            </span>
          ),
        },
        { key: "email", header: t("technician.email"), sort: "email", hide: "tablet", cell: (x) => x.email },
        { key: "phone", header: t("technician.phone"), hide: "laptop", cell: (x) => x.phone },
        { key: "usernames", header: t("technician.usernames"), optional: true, hide: "laptop", cell: (x) => x.usernames.join(", ") },
        { key: "role", header: t("technician.role"), sort: "role", hide: "tablet", cell: (x) => roleName(x, t) },
        { key: "teams", header: t("technician.teams"), hide: "tablet", cell: (x) => <Teams ids={x.team_ids} /> },
        {
          key: "customers",
          header: t("technician.customers"),
          hide: "laptop",
          width: "110px",
          cell: (x) => (x.platform_role === "administrator" ? t("technician.all") : x.customer_ids.length || "–"),
        },
        { key: "tickets", header: t("customer.openTickets"), hide: "laptop", width: "110px", cell: (x) => x.open_ticket_count },
        { key: "active", header: t("technician.lastActive"), sort: "last_active_at", hide: "tablet", width: "150px", cell: (x) => <RelativeTime at={x.last_active_at} /> },
        { key: "source", header: t("technician.imported"), optional: true, width: "100px", hide: "laptop", cell: (x) => <OriginIcon from={x.imported_from} /> },
        { key: "status", header: t("technician.status"), sort: "status", width: "130px", hide: "phone", cell: (x) => <StateBadge state={shownState(x)} /> },
        { key: "state", header: t("technician.state"), width: "130px", optional: true, hide: "tablet", cell: (x) => <StateBadge state={x.state} /> },
        { key: "since", header: t("technician.since"), sort: "created_at", width: "150px", optional: true, hide: "tablet", cell: (x) => <RelativeTime at={x.created_at} /> },
      ]}
    />
  );
}

/** What somebody is called by what they may do. */
export function roleName(technician: Pick<Technician, "owner" | "platform_role" | "platform_role_name">, t: TFunction): string {
  return technician.owner ? t("role.owner") : technician.platform_role_name || t(`role.${technician.platform_role as Role}`, { defaultValue: technician.platform_role });
}

/** The names of up to two teams, and how many more. */
function Teams({ ids }: { ids: string[] }) {
  const { t } = useTranslation();
  const names = useNames("teams", ids);
  const known = ids.map((id) => names.get(id)).filter((name) => name !== undefined);
  const more = ids.length - Math.min(known.length, 2);
  return ids.length === 0 ? "–" : [known.slice(0, 2).join(", "), more > 0 && t("technician.more", { count: more })].filter(Boolean).join(" ");
}

function useFilters(): Filter[] {
  const { t } = useTranslation();
  const { data: own = [] } = useQuery(platformRolesQuery);
  return [
    {
      key: "status",
      label: t("technician.status"),
      pinned: true,
      options: (["active", "inactive", "suspended", "over_limit"] as const).map((value) => ({ value, label: t(`state.${value}`) })),
    },
    {
      key: "state",
      label: t("technician.state"),
      pinned: true,
      options: [
        { value: "invitation", label: t("technician.invitationsOnly") },
        { value: "activated", label: t("state.activated") },
      ],
    },
    {
      key: "role",
      label: t("technician.role"),
      pinned: true,
      options: [...roles.map((value) => ({ value, label: t(`role.${value}`) })), ...own.map((x) => ({ value: x.id, label: x.name }))],
    },
    { key: "team_id", label: t("team.one"), render: (value, set) => <TeamFilter value={value} onChange={set} /> },
    { key: "customer_id", label: t("customer.one"), render: (value, set) => <CustomerFilter value={value} onChange={set} /> },
    {
      key: "source",
      label: t("technician.imported"),
      options: [{ value: "none", label: t("technician.byHand") }, ...origins.map((value) => ({ value, label: t(`technician.source.${value}`) }))],
    },
    {
      key: "mfa",
      label: t("technician.mfa"),
      options: (["enrolled", "missing"] as const).map((value) => ({ value, label: t(`technician.mfaState.${value}`) })),
    },
    {
      key: "ui_access",
      label: t("technician.uiAccess"),
      options: [
        { value: "true", label: t("technician.uiOn") },
        { value: "false", label: t("technician.uiOff") },
      ],
    },
  ];
}
