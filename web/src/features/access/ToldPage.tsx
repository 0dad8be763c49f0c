import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { components } from "@/api/schema";
import type { Page } from "@/api/types";
import { useCan } from "@/app/me";
import { useNames } from "@/app/useNames";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { endOfDay, FilterDate, startOfDay } from "@/components/list/FilterFields";
import type { Filter } from "@/components/list/Filters";
import { GivenFilter } from "@/components/list/GivenFilter";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { OutcomeBadge } from "./Ask";
import { useCatalogue } from "./data";
import { PermissionSelect } from "./PermissionSelect";
import { ToldDetail, useToldWords } from "./ToldDetail";

export type Told = components["schemas"]["AuthzenRecordedBody"];

interface Asked {
  from?: string;
  to?: string;
  cursor?: string;
  limit?: number;
}

// Days are meant in the person's own zone; the server takes instants.
const load = ({ from, to, ...query }: Asked, signal: AbortSignal): Promise<Page<Told>> =>
  must(api.GET("/api/access/decisions", { params: { query: { ...query, from: startOfDay(from), to: endOfDay(to) } }, signal }));

/** What other programs were told about access. */
export function ToldPage() {
  const { t } = useTranslation();
  const can = useCan();
  const filters = useFilters();
  const words = useToldWords(useCatalogue().data);
  if (!can("admin.audit")) {
    return <Forbidden permission="admin.audit" />;
  }
  return (
    <>
      <PageHeader title={t("nav.decisions")} text={t("answered.text")} />
      <List
        label={t("nav.decisions")}
        name="decisions"
        queryKey={["access", "decisions"]}
        load={load}
        rowId={(x: Told) => x.id}
        search={false}
        filters={filters}
        secondary={(x) => words.subject(x)}
        expand={(told) => <ToldDetail told={told} />}
        empty={<EmptyState title={t("answered.none")} text={t("answered.noneText")} guide="developer#who-may-do-what-authzen" />}
        columns={[
          { key: "question", header: t("answered.question"), cell: (x) => t("answered.asks", { permission: words.permission(x), place: words.place(x) }) },
          { key: "subject", header: t("answered.subject"), hide: "phone", cell: (x) => words.subject(x) },
          { key: "by", header: t("answered.by"), hide: "tablet", cell: (x) => words.by(x) },
          { key: "outcome", header: t("answered.outcome"), width: "150px", cell: (x) => <OutcomeBadge outcome={x.outcome} /> },
          { key: "at", header: t("answered.at"), width: "140px", hide: "phone", cell: (x) => <RelativeTime at={x.at} /> },
        ]}
      />
    </>
  );
}

const kinds = ["device", "device_group", "customer", "contact", "ticket", "section", "organization"] as const;

function useFilters(): Filter[] {
  const { t } = useTranslation();
  const looks = useCan()("admin.technicians");
  // What an open row leads here with: there is nothing to choose, only to take away.
  const given = (key: "token_id" | "resource_id" | "subject_id" | "asked_by"): Filter => ({
    key,
    label: t(`answered.given.${key}`),
    render: (value, set) => <GivenFilter label={t(`answered.given.${key}`)} value={value} onClear={() => set(undefined)} />,
  });
  const person = (key: "subject_id" | "asked_by", label: string): Filter =>
    looks ? { key, label, pinned: key === "subject_id", render: (value, set) => <PersonFilter label={label} value={value} onChange={set} /> } : given(key);
  return [
    person("subject_id", t("answered.subject")),
    {
      key: "outcome",
      label: t("answered.outcome"),
      pinned: true,
      options: (["allow", "needs_approval", "deny"] as const).map((value) => ({ value, label: t(`rights.outcome.${value}`) })),
    },
    {
      key: "permission",
      label: t("answered.permission"),
      render: (value, set) => (
        <PermissionSelect w={220} radius="xl" clearable aria-label={t("answered.permission")} placeholder={t("answered.permission")} value={value ?? null} onChange={(next) => set(next ?? undefined)} />
      ),
    },
    { key: "resource_type", label: t("answered.resource"), options: kinds.map((value) => ({ value, label: t(`answered.kind.${value}`) })) },
    person("asked_by", t("answered.by")),
    { key: "from", label: t("answered.from"), render: (value, set) => <FilterDate label={t("answered.from")} value={value} set={set} /> },
    { key: "to", label: t("answered.to"), render: (value, set) => <FilterDate label={t("answered.to")} value={value} set={set} /> },
    given("resource_id"),
    given("token_id"),
  ];
}

async function people(q: string) {
  const { items } = await must(api.GET("/api/technicians", { params: { query: { q: q || undefined, limit: 20, sort: "name" } } }));
  return items.map((x) => ({ value: x.id, label: x.name }));
}

function PersonFilter({ label, value, onChange }: { label: string; value?: string; onChange: (id: string | undefined) => void }) {
  const name = useNames("technicians", value ? [value] : []).get(value ?? "");
  const known = value && name ? { value, label: name } : null;
  return (
    <RemoteSelect
      key={known?.value}
      w={200}
      radius="xl"
      clearable
      aria-label={label}
      placeholder={label}
      queryKey={["technicians"]}
      load={people}
      known={known}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
    />
  );
}
