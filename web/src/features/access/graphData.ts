import { queryOptions } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import type { paths } from "@/api/schema";
import type { Choice } from "@/components/form/RemoteSelect";
import { plainName } from "./catalogue";
import type { FocusType } from "./graph";
import { targetChoices } from "./places";

export type GraphAsked = NonNullable<paths["/api/access-graph"]["get"]["parameters"]["query"]>;

/** A graph of access. */
export const graphQuery = (query: GraphAsked) => queryOptions({ queryKey: ["access", "graph", query], queryFn: () => must(api.GET("/api/access-graph", { params: { query } })) });

const matches = (text: string, q: string) => text.toLowerCase().includes(q.trim().toLowerCase());

/** Looks up what a graph can start from. */
export async function focusChoices(type: Exclude<FocusType, "platform_role">, q: string): Promise<Choice[]> {
  const query = { q: q || undefined, limit: 20 } as const;
  switch (type) {
    case "technician":
      return (await must(api.GET("/api/technicians", { params: { query: { ...query, sort: "name" } } }))).items.map((x) => ({ value: x.id, label: x.name }));
    case "team":
      return (await must(api.GET("/api/teams", { params: { query: { ...query, sort: "name" } } }))).items.map((x) => ({ value: x.id, label: x.name }));
    case "role":
      return (await must(api.GET("/api/roles", { params: { query: { limit: 200 } } }))).items.map((x) => ({ value: x.id, label: plainName(x.name) })).filter((x) => matches(x.label, q));
    default:
      return targetChoices(type, q);
  }
}
