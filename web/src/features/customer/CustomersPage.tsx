import { Building2, FileUp, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { useNew } from "@/app/useNew";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { GuardedButton } from "@/components/GuardedButton";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { CustomerForm } from "./CustomerForm";
import classes from "./Customer.module.css";

/** The client companies. */
export function CustomersPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [creating, setCreating] = useNew();
  if (!can("customer.view")) {
    return <Forbidden permission="customer.view" />;
  }
  const actions = (
    <>
      <GuardedButton needs="admin.import" variant="default" leftSection={<FileUp size={15} />} onClick={() => goTo("/import/customers")}>
        {t("customer.import")}
      </GuardedButton>
      <GuardedButton needs="admin.customers" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
        {t("customer.new")}
      </GuardedButton>
    </>
  );
  return (
    <>
      <PageHeader title={t("nav.customers")} actions={actions} />
      <List
        name="customers"
        label={t("nav.customers")}
        queryKey={["customers"]}
        load={(query: Query<"/api/customers">, signal: AbortSignal) => must(api.GET("/api/customers", { params: { query }, signal }))}
        rowId={(c) => c.id}
        href={(c) => `/customers/${c.id}`}
        secondary={(c) => c.domains.join(", ")}
        defaultSort="name"
        exportHref="/api/customers.csv"
        filters={[{ key: "status", label: t("customer.status"), options: (["active", "inactive"] as const).map((value) => ({ value, label: t(`state.${value}`) })) }]}
        empty={<EmptyState icon={Building2} title={t("customer.none")} text={t("customer.noneText")} action={<div className={classes.next}>{actions}</div>} />}
        columns={[
          { key: "name", header: t("customer.name"), sort: "name", cell: (c) => c.name },
          { key: "domains", header: t("customer.domains"), hide: "tablet", cell: (c) => c.domains.join(", ") },
          { key: "phone", header: t("customer.phone"), optional: true, hide: "tablet", cell: (c) => c.phone },
          { key: "contacts", header: t("nav.contacts"), width: "110px", cell: (c) => c.contact_count },
          { key: "tickets", header: t("customer.openTickets"), width: "130px", hide: "phone", cell: (c) => c.open_ticket_count },
          { key: "status", header: t("customer.status"), width: "120px", hide: "tablet", cell: (c) => <StateBadge state={c.status} /> },
          { key: "since", header: t("customer.since"), sort: "created_at", hide: "tablet", width: "160px", optional: true, cell: (c) => <RelativeTime at={c.created_at} /> },
        ]}
      />
      <CustomerForm opened={creating} onClose={() => setCreating(false)} onSaved={(customer) => goTo(`/customers/${customer.id}`)} />
    </>
  );
}
