import { Anchor, Button, TextInput } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Badge, type Tone } from "@/components/StateBadge";
import { type Graph, type GraphEdge, type GraphNode, type GraphState, pathsOf } from "./graph";
import { type Names, signs } from "./GraphDrawing";
import type { Chosen } from "./GraphPage";
import classes from "./Graph.module.css";

const step = 100;

export const tones: Record<GraphState, Tone> = { allow: "verified", needs_approval: "pending", deny: "denied", idle: "neutral" };

interface Props {
  graph: Graph;
  overview: boolean;
  names: Names;
  onChoose: (chosen: Chosen) => void;
}

/** The same as the drawing, to be read from top to bottom. */
export function GraphTable({ graph, overview, names, onChoose }: Props) {
  return overview ? <Everybody graph={graph} names={names} onChoose={onChoose} /> : <Ways graph={graph} names={names} onChoose={onChoose} />;
}

function Ways({ graph, names, onChoose }: Omit<Props, "overview">) {
  const { t } = useTranslation();
  const [limit, setLimit] = useState(step);
  const [search, setSearch] = useState("");
  const paths = useMemo(() => pathsOf(graph), [graph]);
  const words = search.trim().toLowerCase();
  const found = words ? paths.filter((path) => path.nodes.some((node) => names.title(node).toLowerCase().includes(words))) : paths;
  const cell = (node: GraphNode | undefined, label: string, direct = false) => (
    <td data-label={label}>
      {node ? (
        <>
          <Anchor component="button" type="button" inherit ta="start" mih={24} onClick={() => onChoose({ node })}>
            {names.title(node)}
          </Anchor>
          {node.column !== "people" && names.note(node) && <small>{names.note(node)}</small>}
        </>
      ) : (
        <small>{direct ? t("graph.directly") : "–"}</small>
      )}
    </td>
  );
  return (
    <div className={classes.listed}>
      <TextInput type="search" data-search className={classes.search} aria-label={t("list.search")} placeholder={t("list.search")} value={search} maxLength={100} onChange={(event) => setSearch(event.currentTarget.value)} />
      <table className={classes.table}>
        <caption>{t("graph.caption")}</caption>
        <thead>
          <tr>
            {(["people", "teams", "roles", "places"] as const).map((column) => (
              <th key={column} scope="col">
                {t(`graph.column.${column}`)}
              </th>
            ))}
            <th scope="col">{t("graph.result")}</th>
          </tr>
        </thead>
        <tbody>
          {found.slice(0, limit).map((path) => {
            const by = (column: GraphNode["column"]) => path.nodes.find((node) => node.column === column);
            return (
              <tr key={path.nodes.map((node) => node.key).join(" ")}>
                {cell(by("people"), t("graph.column.people"))}
                {cell(by("teams"), t("graph.column.teams"), ["role", "override", "deny"].includes(by("roles")?.type ?? ""))}
                {cell(by("roles"), t("graph.column.roles"))}
                {cell(by("places"), t("graph.column.places"))}
                <td data-label={t("graph.result")}>
                  <StateMark state={path.state} miss={path.miss} />
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {found.length === 0 && <p className={classes.soft}>{t("list.none")}</p>}
      {found.length > limit && (
        <Button variant="default" onClick={() => setLimit(limit + step * 4)}>
          {t("list.more")}
        </Button>
      )}
    </div>
  );
}

/** A state as a badge, with why it leads nowhere. */
export function StateMark({ state, miss }: { state: GraphState; miss?: GraphEdge["miss"] }) {
  const { t } = useTranslation();
  return (
    <Badge tone={tones[state]} icon={signs[state]}>
      {state === "idle" && miss ? t(`graph.miss.${miss}`) : t(`graph.state.${state}`)}
    </Badge>
  );
}

function Everybody({ graph, names, onChoose }: Omit<Props, "overview">) {
  const { t } = useTranslation();
  const nodes = new Map(graph.nodes.map((node) => [node.key, node]));
  const roles = graph.nodes.filter((node) => node.column === "roles");
  const count = (n: number) => <td data-label={t("graph.held")}>{n}</td>;
  return (
    <table className={classes.table}>
      <caption>{t("graph.captionAll")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("graph.column.roles")}</th>
          <th scope="col">{t("graph.held")}</th>
          <th scope="col">{t("graph.byTeams")}</th>
          <th scope="col">{t("graph.on")}</th>
        </tr>
      </thead>
      <tbody>
        {roles.map((role) => (
          <tr key={role.key}>
            <td data-label={t("graph.column.roles")}>
              <Anchor component="button" type="button" inherit ta="start" mih={24} onClick={() => onChoose({ node: role })}>
                {names.title(role)}
              </Anchor>
              <small>{t(`graph.kind.${role.type as "role"}`, { defaultValue: "" })}</small>
            </td>
            {count(role.count)}
            <td data-label={t("graph.byTeams")}>
              {graph.edges
                .filter((edge) => edge.to === role.key && nodes.get(edge.from)?.column === "teams")
                .map((edge) => names.title(nodes.get(edge.from) as GraphNode))
                .join(", ") || "–"}
            </td>
            <td data-label={t("graph.on")}>
              {graph.edges
                .filter((edge) => edge.from === role.key)
                .map((edge) => [nodes.get(edge.to) as GraphNode, edge.count] as const)
                .map(([node, many]) => (["customer", "device_group", "device"].includes(node.type) ? `${names.title(node)} (${many})` : names.title(node)))
                .join(", ") || "–"}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
