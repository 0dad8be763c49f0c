import { Button, SegmentedControl, Select } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Hourglass } from "lucide-react";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Page } from "@/api/types";
import { useCan } from "@/app/me";
import { Callout } from "@/components/Callout";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Forbidden } from "@/components/Forbidden";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { Loading } from "@/components/Loading";
import { useListKeys } from "@/components/list/useListKeys";
import { type ListState, useListState } from "@/components/list/useListState";
import { PageHeader } from "@/components/PageHeader";
import { plainName } from "./catalogue";
import { rolesQuery, unusedDays, unusedPeople, unusedRoles } from "./data";
import { isYounger } from "./times";
import { type Unused, UnusedItem } from "./UnusedItem";
import classes from "./Unused.module.css";

const lengths = [30, unusedDays, 180, 365];

interface Found extends Page<Unused> {
  recorded_since?: string;
}

/** Which permissions that roles give nobody uses: by technician, or by role (ACC-20). */
export function UnusedPage() {
  const { t, i18n } = useTranslation();
  const can = useCan();
  const allowed = can("admin.roles") || can("admin.technicians");
  const state = useListState(["by", "days", "technician_id", "role_id"]);
  const { by, role_id, technician_id } = state.filters;
  const byRole = by === "roles";
  const days = lengths.find((n) => String(n) === state.filters.days) ?? unusedDays;
  const query = { days, ...(role_id && { role_id }), ...(technician_id && !byRole && { technician_id }) };
  const found = useInfiniteQuery({
    queryKey: ["access", "unused", byRole, query],
    queryFn: ({ pageParam }): Promise<Found> => (byRole ? unusedRoles(query, pageParam) : unusedPeople(query, pageParam)),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    enabled: allowed,
  });
  const list = useRef<HTMLDivElement>(null);
  useListKeys(list);
  if (!allowed) {
    return (
      <>
        <PageHeader title={t("use.title")} />
        <Forbidden permission="admin.roles" />
      </>
    );
  }
  const since = found.data?.pages[0]?.recorded_since;
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  const filtered = Boolean(role_id || query.technician_id);
  return (
    <>
      <PageHeader title={t("use.title")} text={t("use.text")} />
      <Filters state={state} days={days} byRole={byRole} />
      {found.isPending ? (
        <Loading rows={6} height={60} />
      ) : found.isError ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : (
        <div className={classes.found} data-stale={found.isPlaceholderData || undefined} ref={list}>
          {!since ? (
            <Callout tone="neutral" title={t("use.nothing")}>
              {t("use.nothingText")}
            </Callout>
          ) : (
            isYounger(since, days) && (
              <Callout tone="neutral" title={t("use.young")}>
                {t("use.youngText", { date: new Intl.DateTimeFormat(i18n.language, { dateStyle: "long" }).format(new Date(since)) })}
              </Callout>
            )
          )}
          {items.length === 0 ? (
            <EmptyState icon={Hourglass} title={t("use.none")} text={filtered ? t("use.noneFiltered") : t("use.noneText")} guide="administrator#unused-rights" />
          ) : (
            <ul className={classes.items} aria-label={byRole ? t("use.listRoles") : t("use.listPeople")}>
              {items.map((item, i) => (
                <UnusedItem key={item.id} item={item} days={days} open={i === 0} since={since} />
              ))}
            </ul>
          )}
          {found.hasNextPage && (
            <Button variant="default" className={classes.more} loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
              {t("list.more")}
            </Button>
          )}
        </div>
      )}
    </>
  );
}

function Filters({ state, days, byRole }: { state: ListState; days: number; byRole: boolean }) {
  const { t } = useTranslation();
  const roles = useQuery(rolesQuery).data ?? [];
  const { role_id, technician_id } = state.filters;
  const technicians = useCan()("admin.technicians");
  return (
    <div className={classes.filters}>
      <SegmentedControl
        aria-label={t("use.by")}
        value={byRole ? "roles" : "people"}
        onChange={(value) => state.setFilter("by", value === "roles" ? value : undefined)}
        data={[
          { value: "people", label: t("use.people") },
          { value: "roles", label: t("use.roles") },
        ]}
      />
      <Select
        label={t("use.days")}
        data={lengths.map((n) => ({ value: String(n), label: t("use.dayCount", { count: n }) }))}
        value={String(days)}
        allowDeselect={false}
        onChange={(value) => state.setFilter("days", value === String(unusedDays) ? undefined : (value ?? undefined))}
      />
      {technicians && !byRole && (
        <RemoteSelect
          label={t("use.technician")}
          placeholder={t("use.anybody")}
          clearable
          queryKey={["technicians"]}
          load={async (q) => (await must(api.GET("/api/technicians", { params: { query: { q: q || undefined, limit: 20, sort: "name" } } }))).items.map((x) => ({ value: x.id, label: x.name }))}
          value={technician_id ?? null}
          onChange={(id) => state.setFilter("technician_id", id ?? undefined)}
        />
      )}
      <Select
        label={t("use.role")}
        placeholder={t("use.anyRole")}
        clearable
        searchable
        data={roles.map((role) => ({ value: role.id, label: role.system ? plainName(role.name) : role.name }))}
        value={role_id ?? null}
        onChange={(id) => state.setFilter("role_id", id ?? undefined)}
      />
    </div>
  );
}
