import { describe, expect, it } from "vitest";
import { arranged, type GraphEdge, type GraphNode, onPathsOf, pathsOf } from "./graph";

const node = (key: string, column: GraphNode["column"], type: GraphNode["type"] = "technician") =>
  ({ key, column, type, id: key, name: key, hidden: false, of: "", state: "allow", reached: 0, places: 0, count: 0 }) as GraphNode;
const edge = (from: string, to: string, state: GraphEdge["state"] = "allow") => ({ from, to, state, partly: false, permissions: 1, rules: [], more_rules: 0, teams: [], count: 0 }) as GraphEdge;

const graph = {
  nodes: [node("ann", "people"), node("bob", "people"), node("night", "teams", "team"), node("viewer", "roles", "role"), node("operator", "roles", "role"), node("srv", "places", "device")],
  edges: [edge("ann", "operator"), edge("bob", "night"), edge("night", "viewer", "idle"), edge("viewer", "srv", "idle"), edge("operator", "srv", "needs_approval")],
};

describe("a graph", () => {
  it("is told as ways from people to places, each as far as its weakest part goes", () => {
    expect(pathsOf(graph).map((path) => [path.nodes.map((x) => x.key).join(">"), path.state])).toEqual([
      ["ann>operator>srv", "needs_approval"],
      ["bob>night>viewer>srv", "idle"],
    ]);
  });

  it("shows what a node or an edge hangs together with, and nothing else", () => {
    expect([...onPathsOf(graph.edges, ["night"])].toSorted()).toEqual(["bob", "night", "srv", "viewer"]);
    expect([...onPathsOf(graph.edges, ["ann", "operator"])].toSorted()).toEqual(["ann", "operator", "srv"]);
    expect([...onPathsOf(graph.edges, ["srv"])].toSorted()).toEqual(["ann", "bob", "night", "operator", "srv", "viewer"]);
  });

  it("puts what hangs together side by side, and the rest last", () => {
    const lists = arranged({ ...graph, nodes: [...graph.nodes.slice(0, 3), node("more", "roles", "more"), ...graph.nodes.slice(3)] });
    expect(lists.map((list) => list.map((x) => x.key))).toEqual([["ann", "bob"], ["night"], ["operator", "viewer", "more"], ["srv"]]);
  });
});
