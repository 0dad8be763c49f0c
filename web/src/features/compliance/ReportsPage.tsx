import { SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { ChartNoAxesColumn } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Report } from "@/api/types";
import { useCan, useMe } from "@/app/me";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Forbidden } from "@/components/Forbidden";
import { Loading } from "@/components/Loading";
import { ExportMenu } from "@/components/list/ExportMenu";
import { FilterDate } from "@/components/list/FilterFields";
import { GivenFilter } from "@/components/list/GivenFilter";
import { useListState } from "@/components/list/useListState";
import { PageHeader } from "@/components/PageHeader";
import { CustomerFilter } from "@/features/customer/CustomerFilter";
import { Figures } from "./Figures";
import { lengths, periodOf } from "./period";
import { Shares } from "./Shares";
import { Timeline } from "./Timeline";
import { Unverified } from "./Unverified";
import classes from "./Reports.module.css";

const kinds = ["customer", "technician", "method"] as const;

/** How many calls and tickets of a period were verified. */
export function ReportsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const me = useMe();
  const state = useListState(["days", "from", "to", "customer_id", "technician_id"]);
  const { days, from, to, customer_id, technician_id } = state.filters;
  const custom = Boolean(from || to);
  const [now] = useState(() => new Date());
  const query = { ...periodOf({ days, from, to }, now, me?.organization.time_zone ?? "UTC"), ...(customer_id && { customer_id }), ...(technician_id && { technician_id }) };
  const found = useQuery({
    queryKey: ["reports", "verification", query],
    queryFn: ({ signal }) => must(api.GET("/api/reports/verification", { params: { query }, signal })),
    enabled: can("verification.run"),
    placeholderData: keepPreviousData,
  });
  if (!can("verification.run")) {
    return <Forbidden permission="verification.run" />;
  }
  const report = found.data;
  const choose = (value: string) => state.open({ ...state.now, from: "", to: "", days: value === String(lengths[0]) ? "" : value });
  const file = (by: (typeof kinds)[number]) => `/api/reports/verification.csv?${new URLSearchParams({ ...query, by })}`;
  return (
    <>
      <PageHeader title={t("report.title")} text={t("report.text")} actions={<ExportMenu href={file("customer")} />} />
      <div className={classes.filters}>
        <SegmentedControl
          aria-label={t("report.period")}
          value={custom ? "" : (days ?? String(lengths[0]))}
          onChange={choose}
          data={[7, 30, 90].map((n) => ({ value: String(n), label: t("report.days", { count: n }) }))}
        />
        <FilterDate label={t("report.from")} value={from ?? query.from} set={(day) => state.open({ ...state.now, days: "", from: day ?? "", to: to ?? query.to ?? "" })} />
        <FilterDate label={t("report.to")} value={to ?? query.to} set={(day) => state.open({ ...state.now, days: "", to: day ?? "", from: from ?? query.from ?? "" })} />
        <CustomerFilter value={customer_id} onChange={(id) => state.setFilter("customer_id", id)} />
        {technician_id && (
          <GivenFilter
            label={t("report.one.technician")}
            shown={report?.technicians.find((x) => x.id === technician_id)?.name}
            onClear={() => state.setFilter("technician_id", undefined)}
          />
        )}
      </div>
      {found.isPending ? (
        <Loading rows={6} height={64} />
      ) : !report ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : isEmpty(report) ? (
        <EmptyState icon={ChartNoAxesColumn} title={t("report.none")} text={t("report.noneText")} guide="administrator#reports" />
      ) : (
        <div className={classes.report} data-stale={found.isPlaceholderData || undefined}>
          <Figures report={report} />
          <Card title={t("report.timeline")}>
            <Timeline days={report.days} />
          </Card>
          {kinds.map((kind) => (
            <Shares
              key={kind}
              kind={kind}
              rows={kind === "customer" ? report.customers : kind === "technician" ? report.technicians : report.methods}
              cut={report.cut && kind !== "method"}
              file={file(kind)}
              narrow={kind === "method" ? undefined : (id) => state.setFilter(`${kind}_id`, id)}
            />
          ))}
          {can("ticket.view") && <Unverified query={query} />}
        </div>
      )}
    </>
  );
}

function isEmpty(r: Report): boolean {
  return r.calls.calls + r.tickets.total + r.technician_verifications.total === 0;
}
