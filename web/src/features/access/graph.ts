import type { TFunction } from "i18next";
import type { components } from "@/api/schema";
import type { Place } from "@/api/types";
import { plainName } from "./catalogue";
import { placeHref, placeTitle } from "./places";

type Schemas = components["schemas"];

export type Graph = Schemas["ExplainGraphBody"];
export type GraphNode = Schemas["ExplainNodeBody"];
export type GraphEdge = Schemas["ExplainEdgeBody"];
export type GraphRule = Schemas["ExplainRuleBody"];
export type GraphState = GraphNode["state"];

/** The columns in the order in which they stand. */
export const columns = ["people", "teams", "roles", "places"] as const;

/** What a graph can start from, as it is chosen. */
export const focusTypes = ["technician", "team", "role", "platform_role", "customer", "device_group", "device"] as const;
export type FocusType = (typeof focusTypes)[number];

/** The ways that can be asked for. */
export const ways = ["direct", "team", "platform_role", "override"] as const;

/** Puts the nodes of each column next to those that they hang together with: each at the mean of its neighbours, from the left and then from the right. */
export function arranged(graph: Pick<Graph, "nodes" | "edges">): GraphNode[][] {
  const lists = columns.map((column) => graph.nodes.filter((node) => node.column === column));
  const sweep = (order: number[], from: "from" | "to", to: "from" | "to") => {
    for (const c of order) {
      const at = new Map(lists.flatMap((list) => list.map((node, i) => [node.key, (i + 0.5) / list.length] as const)));
      const place = (node: GraphNode) => {
        const near = graph.edges.filter((edge) => edge[to] === node.key).map((edge) => at.get(edge[from]) ?? 0);
        return near.length === 0 ? (at.get(node.key) ?? 0) : near.reduce((a, b) => a + b, 0) / near.length;
      };
      const places = new Map(lists[c]?.map((node) => [node.key, node.type === "more" ? 2 : place(node)]));
      lists[c] = (lists[c] ?? []).toSorted((a, b) => (places.get(a.key) ?? 0) - (places.get(b.key) ?? 0));
    }
  };
  sweep([1, 2, 3], "from", "to");
  sweep([2, 1, 0], "to", "from");
  return lists;
}

/** The keys of everything on a path through one node or edge. */
export function onPathsOf(edges: readonly GraphEdge[], starts: readonly string[]): Set<string> {
  const found = new Set(starts);
  const follow = (here: "from" | "to", there: "from" | "to", from: readonly string[]) => {
    const seen = new Set(from);
    for (let todo = [...from]; todo.length > 0; ) {
      todo = edges.filter((edge) => todo.includes(edge[here]) && !seen.has(edge[there])).map((edge) => edge[there]);
      for (const key of todo) {
        seen.add(key);
        found.add(key);
      }
    }
  };
  follow("from", "to", starts.length === 2 ? starts.slice(1) : starts);
  follow("to", "from", starts.slice(0, 1));
  return found;
}

/** A whole way through the graph, from the first column to the last. */
export interface Path {
  nodes: GraphNode[];
  state: GraphState;
  miss?: GraphEdge["miss"];
}

const weakest: readonly GraphState[] = ["idle", "deny", "needs_approval", "allow"];

/** Every way through the graph, with what the weakest part of it comes to. */
export function pathsOf(graph: Pick<Graph, "nodes" | "edges">): Path[] {
  const nodes = new Map(graph.nodes.map((node) => [node.key, node]));
  const next = new Map<string, GraphEdge[]>();
  for (const edge of graph.edges) {
    next.set(edge.from, [...(next.get(edge.from) ?? []), edge]);
  }
  const walk = (path: Path): Path[] => {
    const further = next.get(path.nodes.at(-1)?.key ?? "") ?? [];
    return further.length === 0
      ? [path]
      : further.flatMap((edge) => {
          const weaker = weakest.indexOf(edge.state) < weakest.indexOf(path.state);
          const node = nodes.get(edge.to);
          return node ? walk({ nodes: [...path.nodes, node], state: weaker ? edge.state : path.state, miss: weaker ? edge.miss : path.miss }) : [];
        });
  };
  return graph.nodes.filter((node) => node.column === "people").flatMap((node) => walk({ nodes: [node], state: "allow" })).filter((path) => path.nodes.length > 1);
}

/** What a node is called. */
export function nodeTitle(node: GraphNode, t: TFunction, permissions: (name: string) => string): string {
  switch (node.type) {
    case "more":
      return t("graph.more", { count: node.count });
    case "people":
      return t("graph.everybody", { count: node.count });
    case "platform_role":
      return node.name || t(`role.${node.id as "manager"}`, { defaultValue: t("rights.gone") });
    case "owner":
      return t("role.owner");
    case "override":
    case "deny":
      return node.permission ? permissions(node.permission) : node.count > 0 ? t("graph.overrides") : t("graph.everything");
    case "default":
    case "customer_default":
      return t(`graph.kind.${node.type}`);
    case "role":
      return plainName(node.name) || t("rights.gone");
    case "technician":
    case "team":
      return node.name || t("rights.gone");
  }
  if (node.hidden) {
    return t("graph.hidden");
  }
  return node.id === "" && ["customer", "device_group", "device"].includes(node.type) ? t(`graph.places.${node.type as "device"}`) : placeTitle(node, t);
}

/** What stands below the title: what it is, where it holds, and how much of it there is. */
export function nodeNote(node: GraphNode, t: TFunction): string {
  switch (node.type) {
    case "more":
      return t("graph.moreText");
    case "people":
      return "";
    case "technician":
      return node.places > 1 || node.reached < node.places ? t("graph.reaches", { count: node.places, reached: node.reached }) : "";
    case "team":
      return node.count > 0 ? t("graph.members", { count: node.count }) : t("graph.kind.team");
    case "role":
    case "platform_role":
    case "owner":
    case "override":
    case "deny": {
      const kind = t(`graph.kind.${node.type}`);
      if (node.count > 0) {
        return `${kind} · ${t("graph.people", { count: node.count })}`;
      }
      return node.scope ? `${kind} · ${node.scope.hidden ? t("graph.hidden") : placeTitle(node.scope, t)}` : kind;
    }
    case "customer":
    case "device_group":
    case "device":
      return node.of || (node.id ? t(`graph.kind.${node.type}`) : "");
  }
  return "";
}

/** The page of what a node stands for. */
export function nodeHref(node: GraphNode): string | undefined {
  switch (node.type) {
    case "technician":
      return `/technicians/${node.id}?tab=access`;
    case "team":
      return `/teams/${node.id}?tab=access`;
    case "role":
      return `/roles/${node.id}`;
  }
  return node.id && !node.hidden ? placeHref(node as Place) : undefined;
}

/** Whether a graph can start from a node. */
export function canFocus(node: GraphNode): boolean {
  return (node.id !== "" && (focusTypes as readonly string[]).includes(node.type) && !node.hidden) || ["all_devices", "all_customers", "organization", "quick_support"].includes(node.type);
}
