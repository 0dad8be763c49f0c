import { Button, SegmentedControl } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { useCan } from "@/app/me";
import { EmptyState } from "@/components/EmptyState";
import { FilterDate, endOfDay, startOfDay } from "@/components/list/FilterFields";
import { List } from "@/components/list/List";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { actionText } from "@/features/auditlog/actions";
import { EventDetail } from "@/features/auditlog/EventDetail";
import classes from "./Activity.module.css";

const kinds = ["actions", "sign_ins", "failures", "customers"] as const;
type Kind = (typeof kinds)[number];

/** What one technician did: one's own, or anybody's for who manages technicians. */
export function ActivityTab({ technicianId }: { technicianId: string }) {
  const { t } = useTranslation();
  const can = useCan();
  const [kind, setKind] = useState<Kind>("actions");
  return (
    <>
      <div className={classes.head}>
        <SegmentedControl
          aria-label={t("did.kind")}
          value={kind}
          onChange={(value) => setKind(value as Kind)}
          data={kinds.map((value) => ({ value, label: t(`did.kinds.${value}`) }))}
        />
        {can("admin.audit") && (
          <Button component={Link} to="/audit" search={{ actor: technicianId } as never} variant="subtle" size="compact-sm">
            {t("did.all")}
          </Button>
        )}
      </div>
      {kind === "customers" ? <Customers key={kind} id={technicianId} /> : <Events key={kind} id={technicianId} kind={kind} />}
    </>
  );
}

function useLoad(id: string) {
  return ({ from, to, ...query }: Query<"/api/technicians/{id}/activity">, signal: AbortSignal) =>
    must(
      api.GET("/api/technicians/{id}/activity", { params: { path: { id }, query: { ...query, from: startOfDay(from), to: endOfDay(to) } }, signal }),
    );
}

function usePeriod() {
  const { t } = useTranslation();
  return (["from", "to"] as const).map((key) => ({
    key,
    label: t(`audit.${key}`),
    render: (value: string | undefined, set: (value: string | undefined) => void) => <FilterDate label={t(`audit.${key}`)} value={value} set={set} />,
  }));
}

function Events({ id, kind }: { id: string; kind: Exclude<Kind, "customers"> }) {
  const { t } = useTranslation();
  const load = useLoad(id);
  const filters = usePeriod();
  return (
    <List
      label={t(`did.kinds.${kind}`)}
      queryKey={["activity", id]}
      load={load}
      fixed={{ kind }}
      search={false}
      filters={filters}
      rowId={(item) => item.event.id}
      expand={(item) => <EventDetail event={item.event} />}
      empty={<EmptyState title={t("did.none")} />}
      secondary={(item) => item.customer_name}
      columns={[
        {
          key: "action",
          header: t("audit.action"),
          cell: ({ event }) => (
            <span>
              {actionText(event.action, t)} <span className={classes.soft}>{event.targets.map((x) => x.name).filter(Boolean).join(", ")}</span>
            </span>
          ),
        },
        {
          key: "where",
          header: kind === "sign_ins" ? t("did.where") : t("did.customer"),
          hide: "tablet",
          cell: (item) => (kind === "sign_ins" ? [item.event.address, item.event.device].filter(Boolean).join(" · ") : item.customer_name),
        },
        { key: "outcome", header: t("audit.outcome"), width: "120px", cell: ({ event }) => <StateBadge state={event.outcome} /> },
        { key: "at", header: t("audit.at"), width: "160px", hide: "phone", cell: (item) => <RelativeTime at={item.at} /> },
      ]}
    />
  );
}

function Customers({ id }: { id: string }) {
  const { t } = useTranslation();
  const load = useLoad(id);
  const filters = usePeriod();
  return (
    <List
      label={t("did.kinds.customers")}
      queryKey={["activity", id]}
      load={load}
      fixed={{ kind: "customers" }}
      search={false}
      filters={filters}
      rowId={(item) => item.customer_id}
      href={(item) => `/customers/${item.customer_id}`}
      empty={<EmptyState title={t("did.none")} text={t("did.days30")} />}
      columns={[
        { key: "customer", header: t("did.customer"), cell: (item) => item.customer_name || t("did.gone") },
        { key: "count", header: t("did.count"), width: "160px", cell: (item) => t("did.times", { count: item.count }) },
        { key: "at", header: t("did.last"), width: "160px", cell: (item) => <RelativeTime at={item.at} /> },
      ]}
    />
  );
}
