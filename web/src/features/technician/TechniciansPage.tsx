import { Plus, UserCog } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { GuardedButton } from "@/components/GuardedButton";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { roles, type Role } from "./data";
import { TechnicianForm } from "./TechnicianForm";

/** The staff. */
export function TechniciansPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [creating, setCreating] = useState(false);
  if (!can("admin.technicians")) {
    return <Forbidden permission="admin.technicians" />;
  }
  const add = (
    <GuardedButton needs="admin.technicians" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t("technician.new")}
    </GuardedButton>
  );
  return (
    <>
      <PageHeader title={t("nav.technicians")} actions={add} />
      <List
        label={t("nav.technicians")}
        queryKey={["technicians"]}
        load={(query: Query<"/api/technicians">, signal: AbortSignal) => must(api.GET("/api/technicians", { params: { query }, signal }))}
        rowId={(x) => x.id}
        href={(x) => `/technicians/${x.id}`}
        defaultSort="name"
        filters={[
          {
            key: "status",
            label: t("technician.status"),
            options: (["active", "inactive", "suspended"] as const).map((value) => ({ value, label: t(`state.${value}`) })),
          },
          { key: "role", label: t("technician.role"), options: roles.map((value) => ({ value, label: t(`role.${value}`) })) },
        ]}
        empty={<EmptyState icon={UserCog} title={t("technician.none")} action={add} />}
        columns={[
          { key: "name", header: t("technician.name"), sort: "name", cell: (x) => x.name },
          { key: "email", header: t("technician.email"), sort: "email", hide: "phone", cell: (x) => x.email },
          { key: "role", header: t("technician.role"), hide: "tablet", cell: (x) => (x.owner ? t("role.owner") : t(`role.${x.platform_role as Role}`, { defaultValue: x.platform_role })) },
          { key: "status", header: t("technician.status"), width: "130px", cell: (x) => <StateBadge state={x.status === "active" && x.state === "invitation" ? "invitation" : x.status} /> },
          { key: "active", header: t("technician.lastActive"), sort: "last_active_at", hide: "phone", width: "160px", cell: (x) => <RelativeTime at={x.last_active_at} /> },
        ]}
      />
      <TechnicianForm opened={creating} onClose={() => setCreating(false)} onSaved={(x) => goTo(`/technicians/${x.id}`)} />
    </>
  );
}
