import { Checkbox, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Choice, RemoteSelect } from "@/components/form/RemoteSelect";
import type { ListState } from "@/components/list/useListState";
import { type FocusType, focusTypes, ways } from "./graph";
import { focusChoices } from "./graphData";
import { PermissionSelect } from "./PermissionSelect";
import { platformRolesQuery } from "./platformRoles";
import classes from "./Graph.module.css";

const wholes = ["all_devices", "all_customers", "organization", "quick_support"];
const builtIn = ["administrator", "manager", "technician", "read_only"] as const;

interface Props {
  state: ListState;
  /** Whether one may look at others. */
  all: boolean;
  /** What the focus is called, once that is known. */
  known: Choice | null;
  children: ReactNode;
}

/** Where a graph starts from, and what of it is shown. */
export function GraphFilters({ state, all, known, children }: Props) {
  const { t } = useTranslation();
  const { from, id, permission, way, counting } = state.filters;
  const start = (next: string | null) => state.open({ ...state.now, from: next === "" || !next ? "" : next, id: "" });
  return (
    <div className={classes.filters}>
      {all && (
        <Select
          label={t("graph.start")}
          data={[
            { value: "", label: t("graph.overview") },
            ...focusTypes.map((value) => ({ value: value as string, label: t(`graph.from.${value}`) })),
            ...wholes.filter((value) => value === from).map((value) => ({ value, label: t(`rights.target.${value === "organization" ? "team" : (value as "all_devices")}`) })),
          ]}
          value={from ?? ""}
          allowDeselect={false}
          onChange={start}
        />
      )}
      {all && from === "platform_role" ? (
        <PlatformRole value={id} onChange={(next) => state.setFilter("id", next)} />
      ) : (
        all &&
        from &&
        !wholes.includes(from) && (
          <RemoteSelect
            key={`${from} ${id ? (known?.label ?? "") : ""}`}
            label={t(`graph.which.${from as FocusType}`)}
            queryKey={["access", "focus", from]}
            load={(q) => focusChoices(from as "team", q)}
            value={id ?? null}
            known={known}
            onChange={(next) => next && state.setFilter("id", next)}
          />
        )
      )}
      <PermissionSelect label={t("graph.permission")} placeholder={t("graph.anyPermission")} clearable value={permission ?? null} onChange={(next) => state.setFilter("permission", next ?? undefined)} />
      <Select
        label={t("graph.way")}
        placeholder={t("graph.anyWay")}
        clearable
        data={ways.map((value) => ({ value, label: t(`graph.ways.${value}`) }))}
        value={way ?? null}
        onChange={(next) => state.setFilter("way", next ?? undefined)}
      />
      <div className={classes.last}>
        {from && <Checkbox label={t("graph.counting")} checked={counting === "true"} onChange={(event) => state.setFilter("counting", event.currentTarget.checked ? "true" : undefined)} />}
        {children}
      </div>
    </div>
  );
}

function PlatformRole({ value, onChange }: { value?: string; onChange: (id: string | undefined) => void }) {
  const { t } = useTranslation();
  const own = useQuery(platformRolesQuery).data ?? [];
  return (
    <Select
      label={t("graph.which.platform_role")}
      data={[...builtIn.map((role) => ({ value: role as string, label: t(`role.${role}`) })), ...own.map((role) => ({ value: role.id, label: role.name }))]}
      value={value ?? null}
      allowDeselect={false}
      onChange={(next) => onChange(next ?? undefined)}
    />
  );
}
