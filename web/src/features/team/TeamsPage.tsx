import { Plus, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { useCan } from "@/app/me";
import { useNew } from "@/app/useNew";
import { goTo } from "@/app/navigate";
import { useNames } from "@/app/useNames";
import { EmptyState } from "@/components/EmptyState";
import { GuardedButton } from "@/components/GuardedButton";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { CustomerFilter } from "@/features/customer/CustomerFilter";
import { TeamForm } from "./TeamForm";

/** The teams: all of them for administrators, one's own for everybody else. */
export function TeamsPage() {
  const { t } = useTranslation();
  const all = useCan()("admin.technicians");
  const [creating, setCreating] = useNew();
  const add = (
    <GuardedButton needs="admin.technicians" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t("team.new")}
    </GuardedButton>
  );
  return (
    <>
      <PageHeader title={t("nav.teams")} text={all ? undefined : t("team.ownText")} actions={add} />
      <List
        name="teams"
        label={t("nav.teams")}
        queryKey={["teams"]}
        load={(query: Query<"/api/teams">, signal: AbortSignal) => must(api.GET("/api/teams", { params: { query }, signal }))}
        rowId={(x) => x.id}
        href={(x) => `/teams/${x.id}`}
        secondary={(x) => t("team.members", { count: x.member_count })}
        defaultSort="name"
        exportHref={all ? "/api/teams.csv" : undefined}
        filters={[{ key: "customer_id", label: t("customer.one"), render: (value, set) => <CustomerFilter value={value} onChange={set} /> }]}
        empty={<EmptyState icon={Users} title={all ? t("team.none") : t("team.noneOwn")} text={all ? t("team.noneText") : t("team.noneOwnText")} action={all ? add : undefined} />}
        columns={[
          { key: "name", header: t("team.name"), sort: "name", cell: (x) => x.name },
          { key: "description", header: t("team.description"), hide: "tablet", cell: (x) => x.description },
          { key: "leads", header: t("team.leads"), hide: "tablet", cell: (x) => <Leads ids={x.lead_ids} /> },
          { key: "members", header: t("team.memberCount"), width: "110px", hide: "phone", cell: (x) => x.member_count },
          { key: "customers", header: t("nav.customers"), width: "110px", hide: "phone", cell: (x) => x.customer_count },
          { key: "since", header: t("team.since"), sort: "created_at", width: "150px", optional: true, hide: "tablet", cell: (x) => <RelativeTime at={x.created_at} /> },
        ]}
      />
      <TeamForm opened={creating} onClose={() => setCreating(false)} onSaved={(team) => goTo(`/teams/${team.id}`)} />
    </>
  );
}

function Leads({ ids }: { ids: string[] }) {
  const names = useNames("technicians", ids);
  return ids.length === 0 ? "–" : ids.map((id) => names.get(id) ?? "…").join(", ");
}
