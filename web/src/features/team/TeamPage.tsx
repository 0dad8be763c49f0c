import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { useCan, useMe } from "@/app/me";
import { goTo } from "@/app/navigate";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { Detail, Facts } from "@/components/Detail";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import { toast } from "@/components/toast";
import { AccessParts } from "@/features/access";
import { trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { Activity } from "@/features/auditlog/Activity";
import { Customers } from "./Customers";
import { teamQuery } from "./data";
import { Members } from "./Members";
import { TeamForm } from "./TeamForm";

/** One team: who is in it, and for whom it works. */
export function TeamPage() {
  const { t } = useTranslation();
  const can = useCan();
  const me = useMe();
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab } = useSearch({ strict: false }) as { tab?: string };
  const query = useQuery(teamQuery(id));
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const team = query.data;
  if (!team) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const administers = can("admin.technicians");
  const leads = me !== undefined && me.technician.platform_role === "manager" && team.lead_ids.includes(me.technician.id);
  const remove = async () => {
    await must(api.DELETE("/api/teams/{id}", { params: { path: { id }, header: ifMatch(team.version) } }));
    goTo("/teams");
    queries.removeQueries({ queryKey: teamQuery(id).queryKey });
    for (const key of ["teams", "technicians", "customers"]) {
      void queries.invalidateQueries({ queryKey: [key] });
    }
    toast(t("deleted", { name: team.name }));
  };
  return (
    <>
      <Detail
        back={{ to: "/teams", label: t("nav.teams") }}
        title={team.name}
        subtitle={team.description}
        actions={
          <GuardedButton needs="admin.technicians" variant="default" leftSection={<Pencil size={15} />} onClick={() => setOpen("edit")}>
            {t("edit")}
          </GuardedButton>
        }
        tab={tab}
        tabs={[
          { key: "members", label: t("team.memberCount"), content: <Members team={team} change={administers || leads} lead={administers} /> },
          { key: "customers", label: t("nav.customers"), content: <Customers team={team} change={administers} /> },
          ...(administers
            ? [
                {
                  key: "access",
                  label: t("technician.tab.access"),
                  content: (
                    <Suspense fallback={<Loading rows={6} height={44} />}>
                      <AccessParts subject={{ type: "team", id, name: team.name }} change />
                    </Suspense>
                  ),
                },
              ]
            : []),
          ...(can("admin.audit") ? [{ key: "activity", label: t("activity.title"), content: <Activity target={id} /> }] : []),
        ]}
        facts={
          <>
            <Card title={t("contact.facts")}>
              <Facts
                items={[
                  [t("team.since"), <RelativeTime key="since" at={team.created_at} />],
                  [t("team.changed"), <RelativeTime key="changed" at={team.updated_at} />],
                ]}
              />
            </Card>
            {administers && (
              <Button variant="subtle" color="red" justify="flex-start" leftSection={<Trash2 size={15} />} onClick={() => setOpen("delete")}>
                {t("team.delete")}
              </Button>
            )}
          </>
        }
      />
      <TeamForm key={team.version} opened={open === "edit"} onClose={() => setOpen(null)} team={team} />
      <Confirm opened={open === "delete"} onClose={() => setOpen(null)} title={t("team.delete")} action={t("delete")} typed={team.name} onConfirm={remove}>
        {t("team.deleteText", { name: team.name, members: team.member_count, customers: team.customer_count })}
        <EffectOf trial={trialOf("DELETE", `/api/teams/${id}`, { version: team.version })} />
      </Confirm>
    </>
  );
}
