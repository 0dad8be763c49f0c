import { queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { api, must } from "@/api/client";

interface Named {
  id: string;
  name: string;
}

const first = { query: { limit: 200, sort: "name" } } as const;
const path = (id: string) => ({ params: { path: { id } } });

// The first page of each kind, and a single one. The keys are those of the pages, so that an event renews them too.
const sources = {
  customers: {
    all: async (): Promise<Named[]> => (await must(api.GET("/api/customers", { params: first }))).items,
    one: (id: string): Promise<Named> => must(api.GET("/api/customers/{id}", path(id))),
  },
  teams: {
    all: async (): Promise<Named[]> => (await must(api.GET("/api/teams", { params: first }))).items,
    one: (id: string): Promise<Named> => must(api.GET("/api/teams/{id}", path(id))),
  },
  technicians: {
    all: async (): Promise<Named[]> => (await must(api.GET("/api/technicians", { params: first }))).items,
    one: (id: string): Promise<Named> => must(api.GET("/api/technicians/{id}", path(id))),
  },
};

export type NamedKind = keyof typeof sources;

const allQuery = (kind: NamedKind) => queryOptions({ queryKey: [kind, { names: true }], queryFn: sources[kind].all, staleTime: 60_000, retry: false });

const atMost = 60;

/** Names by ids. In most organizations one question answers all of them; those beyond its page are asked for one by one. */
export function useNames(kind: NamedKind, ids: readonly string[]): Map<string, string> {
  const all = useQuery({ ...allQuery(kind), enabled: ids.length > 0 });
  const wanted = new Set(ids);
  const names = new Map((all.data ?? []).filter((x) => wanted.has(x.id)).map((x) => [x.id, x.name]));
  const missing = all.data ? ids.filter((id) => !names.has(id)).slice(0, atMost) : [];
  const rest = useQueries({ queries: missing.map((id) => ({ queryKey: [kind, id], queryFn: () => sources[kind].one(id), retry: false })) });
  for (const { data } of rest) {
    if (data) {
      names.set(data.id, data.name);
    }
  }
  return names;
}

/** Names as choices of a field. */
export function choicesOf(names: Map<string, string>): { value: string; label: string }[] {
  return [...names].map(([value, label]) => ({ value, label }));
}
