import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { List } from "@/components/list/List";
import type { Filter } from "@/components/list/Toolbar";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { actionText } from "./actions";
import classes from "./Audit.module.css";
import { EventDetail } from "./EventDetail";

interface Props {
  filters?: boolean;
  fixed?: { actor?: string; target?: string };
}

/** Events of the record, latest first; each opens in place. */
export function AuditList({ filters, fixed }: Props) {
  const { t } = useTranslation();
  const choices = useFilters();
  return (
    <List
      label={t("nav.audit")}
      queryKey={["audit"]}
      load={({ from, to, ...query }: Query<"/api/audit">, signal: AbortSignal) =>
        must(api.GET("/api/audit", { params: { query: { ...query, from: startOf(from), to: endOf(to) } }, signal }))
      }
      rowId={(e) => e.id}
      search={false}
      filters={filters ? choices : []}
      fixed={fixed}
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
        { key: "outcome", header: t("audit.outcome"), width: "120px", cell: (e) => <StateBadge state={e.outcome} /> },
        { key: "at", header: t("audit.at"), width: "160px", hide: "phone", cell: (e) => <RelativeTime at={e.at} /> },
      ]}
    />
  );
}

function useFilters(): Filter[] {
  const { t } = useTranslation();
  return [
    { key: "action", label: t("audit.action"), render: (value, set) => <TextFilter label={t("audit.action")} hint="verification.start" value={value} set={set} /> },
    {
      key: "outcome",
      label: t("audit.outcome"),
      options: (["success", "denied", "error"] as const).map((value) => ({ value, label: t(`state.${value}`) })),
    },
    { key: "from", label: t("audit.from"), render: (value, set) => <DateFilter label={t("audit.from")} value={value} set={set} /> },
    { key: "to", label: t("audit.to"), render: (value, set) => <DateFilter label={t("audit.to")} value={value} set={set} /> },
  ];
}

interface FilterProps {
  label: string;
  value?: string;
  set: (value: string | undefined) => void;
}

function DateFilter({ label, value, set }: FilterProps) {
  return (
    <label className={classes.date}>
      {label}
      <input type="date" value={value ?? ""} onChange={(e) => set(e.currentTarget.value || undefined)} />
    </label>
  );
}

function TextFilter({ label, hint, value, set }: FilterProps & { hint: string }) {
  return (
    <TextInput
      key={value}
      w={220}
      data-search
      aria-label={label}
      placeholder={`${label}: ${hint}`}
      defaultValue={value ?? ""}
      onBlur={(e) => set(e.currentTarget.value.trim() || undefined)}
      onKeyDown={(e) => e.key === "Enter" && set(e.currentTarget.value.trim() || undefined)}
    />
  );
}

// Days are meant in the person's own zone; the server takes instants.
function startOf(day: string | undefined): string | undefined {
  return day ? new Date(`${day}T00:00:00`).toISOString() : undefined;
}

function endOf(day: string | undefined): string | undefined {
  return day ? new Date(Date.parse(`${day}T00:00:00`) + 86_400_000).toISOString() : undefined;
}
