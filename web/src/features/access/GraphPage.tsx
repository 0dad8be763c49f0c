import { SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Waypoints } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCan, useMe } from "@/app/me";
import { Callout } from "@/components/Callout";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { useListState } from "@/components/list/useListState";
import { PageHeader } from "@/components/PageHeader";
import { useCatalogue } from "./data";
import { GraphDetail } from "./GraphDetail";
import { GraphDrawing } from "./GraphDrawing";
import { GraphFilters } from "./GraphFilters";
import { GraphTable } from "./GraphTable";
import { type FocusType, type GraphEdge, type GraphNode, nodeNote, nodeTitle } from "./graph";
import { graphQuery } from "./graphData";
import classes from "./Graph.module.css";

/** What is looked at closely: one thing, or what leads from one to another. */
export type Chosen = { node: GraphNode } | { edge: GraphEdge };

const drawn = 80; // nodes, so that a drawing stays one that can be read
const listed = 2000;

/** Who reaches what through which team and role, drawn or as a table. Its state lies in the address. */
export function GraphPage() {
  const { t } = useTranslation();
  const me = useMe();
  const can = useCan();
  const all = can("admin.roles") || can("admin.technicians");
  const state = useListState(["from", "id", "permission", "way", "counting", "view"]);
  const [chosen, setChosen] = useState<Chosen>();
  const catalogue = useCatalogue().data;
  const { permission, way, counting, view } = state.filters;
  const from = all ? state.filters.from : "technician";
  const id = all ? state.filters.id : me?.technician.id;
  const table = view === "table";
  const whole = from !== undefined && !["technician", "team", "role", "platform_role", "customer", "device_group", "device"].includes(from);
  const ready = !from || whole || Boolean(id);
  const query = useQuery({
    ...graphQuery({ focus_type: from as FocusType, focus_id: from && !whole ? id : undefined, permission, way: way as "direct", counting: counting ? true : undefined, limit: table ? listed : drawn }),
    placeholderData: keepPreviousData,
    enabled: ready && me !== undefined,
  });
  const title = (name: string) => catalogue?.find((p) => p.name === name)?.title ?? name;
  const names = { title: (node: GraphNode) => nodeTitle(node, t, title), note: (node: GraphNode) => nodeNote(node, t) };
  const begin = (node: GraphNode) => {
    setChosen(undefined);
    state.open({ ...state.now, from: node.type, id: node.id });
  };
  const choose = (what: Chosen) => ("node" in what && what.node.type === "more" ? state.setFilter("view", "table") : setChosen(what));
  return (
    <>
      <PageHeader title={t("graph.title")} text={all ? t("graph.text") : t("graph.own")} />
      <GraphFilters state={state} all={all} known={id && query.data?.focus_name ? { value: id, label: query.data.focus_name } : null}>
        <SegmentedControl
          aria-label={t("graph.view")}
          value={table ? "table" : "drawing"}
          onChange={(value) => state.setFilter("view", value === "table" ? value : undefined)}
          data={[
            { value: "drawing", label: t("graph.drawing") },
            { value: "table", label: t("graph.table") },
          ]}
        />
      </GraphFilters>
      {!ready ? (
        <EmptyState icon={Waypoints} title={t("graph.choose")} text={t("graph.chooseText")} guide="administrator#the-access-graph" />
      ) : query.isPending ? (
        <Loading rows={8} height={48} />
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : (
        <div className={classes.found} data-stale={query.isPlaceholderData || undefined} aria-busy={query.isPlaceholderData || undefined}>
          {query.data.cut && (
            <Callout tone="pending" title={t("graph.cut")}>
              {t("graph.cutText")}
            </Callout>
          )}
          {query.data.edges.length === 0 ? (
            <EmptyState icon={Waypoints} title={from === "technician" || from === "team" ? t("graph.noneFrom") : t("graph.none")} text={from === "technician" || from === "team" ? t("graph.noneFromText") : t("graph.noneText")} guide="administrator#the-access-graph" />
          ) : table ? (
            <GraphTable graph={query.data} overview={!from} names={names} onChoose={choose} />
          ) : (
            <GraphDrawing graph={query.data} focus={id ?? ""} names={names} chosen={chosen} onChoose={choose} />
          )}
          <GraphDetail chosen={chosen} graph={query.data} focus={{ type: from ?? "", id: id ?? "" }} permission={permission} names={names} onBegin={all ? begin : undefined} onChoose={choose} onClose={() => setChosen(undefined)} />
        </div>
      )}
    </>
  );
}
