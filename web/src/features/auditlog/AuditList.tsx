import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { AuditEvent, Page, Query } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { endOfDay, FilterDate, FilterText, startOfDay } from "@/components/list/FilterFields";
import type { Filter } from "@/components/list/Filters";
import { GivenFilter } from "@/components/list/GivenFilter";
import { List } from "@/components/list/List";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { CustomerFilter } from "@/features/customer/CustomerFilter";
import { actionText } from "./actions";
import classes from "./Audit.module.css";
import { EventDetail } from "./EventDetail";

interface Props {
  filters?: boolean;
  fixed?: { actor?: string; target?: string };
  /** Asks for the file, where it may not be taken alone. */
  onExport?: () => void;
}

// A search for words reads a stretch of the log at a time and may find nothing in one; so many are read before somebody has to ask for more.
const stretches = 50;

/** Asks for a page, and goes on while a search has found nothing yet and the log is not over. */
async function load({ from, to, ...query }: Query<"/api/audit">, signal: AbortSignal, left = stretches): Promise<Page<AuditEvent>> {
  const page = await must(api.GET("/api/audit", { params: { query: { ...query, from: startOfDay(from), to: endOfDay(to) } }, signal }));
  return page.items.length === 0 && page.next_cursor && left > 1 ? load({ from, to, ...query, cursor: page.next_cursor }, signal, left - 1) : page;
}

/** The same events as a file. Days are meant in the person's own zone; the server takes instants. */
function csvHref({ from, to, ...asked }: Record<string, string>): string {
  const [begin, end] = [startOfDay(from), endOfDay(to)];
  return `/api/audit.csv?${new URLSearchParams({ ...asked, ...(begin ? { from: begin } : {}), ...(end ? { to: end } : {}) })}`;
}

/** Events of the record, latest first; each opens in place. */
export function AuditList({ filters, fixed, onExport }: Props) {
  const { t } = useTranslation();
  const choices = useFilters();
  return (
    <List
      label={t("nav.audit")}
      name={filters ? "audit" : undefined}
      queryKey={["audit", "events"]}
      load={load}
      rowId={(e) => e.id}
      search={filters ?? false}
      filters={filters ? choices : []}
      fixed={fixed}
      exportHref={filters && !onExport ? csvHref : undefined}
      onExport={onExport}
      expand={(event) => <EventDetail event={event} />}
      empty={<EmptyState title={t("audit.none")} />}
      columns={[
        {
          key: "action",
          header: t("audit.action"),
          cell: (e) => (
            <span>
              {actionText(e.action, t)} <span className={classes.targets}>{e.targets.map((x) => x.name).filter(Boolean).join(", ")}</span>
            </span>
          ),
        },
        { key: "actor", header: t("audit.actor"), hide: "phone", cell: (e) => e.actor.name || t(`actor.${e.actor.type as "system"}`, { defaultValue: e.actor.type }) },
        { key: "address", header: t("audit.ip"), hide: "tablet", optional: true, cell: (e) => e.address },
        { key: "outcome", header: t("audit.outcome"), width: "120px", cell: (e) => <StateBadge state={e.outcome} /> },
        { key: "at", header: t("audit.at"), width: "160px", hide: "phone", cell: (e) => <RelativeTime at={e.at} /> },
      ]}
    />
  );
}

const areas = ["technician", "session", "customer", "contact", "ticket", "verification", "technician_verification", "team", "role", "grant", "approval", "settings", "import", "audit"] as const;

// What other pages lead here with: there is nothing to choose, only to take away.
const given = (key: "actor" | "target" | "ticket_id", label: string): Filter => ({
  key,
  label,
  render: (value, set) => <GivenFilter label={label} value={value} onClear={() => set(undefined)} />,
});

function useFilters(): Filter[] {
  const { t } = useTranslation();
  return [
    {
      key: "action",
      label: t("audit.area"),
      pinned: true,
      options: areas.map((area) => ({ value: `${area}.*`, label: t(`audit.areas.${area}`) })),
    },
    {
      key: "outcome",
      label: t("audit.outcome"),
      pinned: true,
      options: (["success", "denied", "error"] as const).map((value) => ({ value, label: t(`state.${value}`) })),
    },
    { key: "customer_id", label: t("audit.customer"), render: (value, set) => <CustomerFilter value={value} onChange={set} /> },
    { key: "address", label: t("audit.ip"), render: (value, set) => <FilterText label={t("audit.ip")} hint="192.0.2." value={value} set={set} /> },
    { key: "from", label: t("audit.from"), render: (value, set) => <FilterDate label={t("audit.from")} value={value} set={set} /> },
    { key: "to", label: t("audit.to"), render: (value, set) => <FilterDate label={t("audit.to")} value={value} set={set} /> },
    given("actor", t("audit.actorOne")),
    given("target", t("audit.targetOne")),
    given("ticket_id", t("audit.ticketOne")),
  ];
}
