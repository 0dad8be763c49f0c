import { queryOptions } from "@tanstack/react-query";
import { api, ifMatch, must } from "@/api/client";
import type { components } from "@/api/schema";
import type { Permission, Purpose } from "@/api/types";

type Schemas = components["schemas"];

/** What a change would do to what people may do. */
export type Effects = Schemas["ExplainPreviewBody"];
/** Somebody to whom a change does something. */
export type Affected = Schemas["ExplainChangedBody"];
type Difference = Schemas["ExplainDifferenceBody"];

/** The request with which a change would be saved. */
export type Trial = Schemas["ExplainTrialBody"];

interface Sent {
  version?: number;
  /** The name that has to be typed. */
  confirm?: string;
  body?: unknown;
}

/** The request with which a change would be saved, to be tried out. */
export function trialOf(method: Trial["method"], path: string, { version, confirm, body }: Sent = {}): Trial {
  return {
    method,
    path,
    ...(version === undefined ? {} : { if_match: ifMatch(version)["If-Match"] }),
    ...(confirm === undefined ? {} : { confirm_name: encodeURIComponent(confirm) }),
    ...(body === undefined ? {} : { body }),
  };
}

/** Tries a change out. It is asked once for each look: what holds is what the server says at that moment. */
export const effectsQuery = (trial: Trial) =>
  queryOptions({
    queryKey: ["effects", trial],
    queryFn: () => must(api.POST("/api/access/preview", { body: trial })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** What can happen to a permission, the gravest first. */
export const kinds = ["lost", "needs_approval", "gained", "free"] as const;
export type Kind = (typeof kinds)[number];

/** Permissions to which the same happens, and where. */
export interface Row extends Pick<Difference, "devices" | "customers" | "sections" | "at" | "more" | "unassigned_devices"> {
  kind: Kind;
  permissions: string[];
}

/** What happens to one person: each set of permissions once, with all places where it does. */
export function rowsOf(differences: readonly Difference[]): Row[] {
  const rows = new Map<string, Row>();
  for (const kind of kinds) {
    for (const { devices, customers, sections, at, more, unassigned_devices, ...difference } of differences) {
      const permissions = difference[kind].toSorted();
      if (permissions.length === 0) {
        continue;
      }
      const key = `${kind} ${permissions.join(" ")}`;
      const row = rows.get(key) ?? { kind, permissions, devices: 0, customers: 0, sections: [], at: [], more: false, unassigned_devices: false };
      rows.set(key, {
        ...row,
        devices: row.devices + devices,
        customers: row.customers + customers,
        sections: [...new Set([...row.sections, ...sections])],
        at: [...row.at, ...at],
        more: row.more || more,
        unassigned_devices: row.unassigned_devices || unassigned_devices,
      });
    }
  }
  return [...rows.values()];
}

/** How many different permissions something happens to, by what happens; only what does. */
export function countsOf({ differences }: Affected): [kind: Kind, count: number][] {
  return kinds.map((kind): [Kind, number] => [kind, new Set(differences.flatMap((d) => d[kind])).size]).filter(([, count]) => count > 0);
}

/** Permissions of one purpose by their titles. */
export interface Titled {
  /** Absent for those that the catalogue does not have. */
  purpose?: Purpose;
  titles: string[];
  /** Whether these are all of the purpose. */
  all: boolean;
}

/** Permissions by purpose, with their titles, in the order of the catalogue. Two of different purposes can have the same title. */
export function titled(names: readonly string[], catalogue: readonly Permission[]): Titled[] {
  const wanted = new Set(names);
  const found = new Map<Purpose, string[]>();
  for (const { name, purpose, title } of catalogue) {
    if (wanted.delete(name)) {
      found.set(purpose, [...(found.get(purpose) ?? []), title]);
    }
  }
  const known = [...found].map(([purpose, titles]): Titled => ({ purpose, titles, all: titles.length > 1 && titles.length === catalogue.filter((p) => p.purpose === purpose).length }));
  return wanted.size === 0 ? known : [...known, { titles: [...wanted], all: false }];
}

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Those whose name holds what was typed. */
export function named<T extends { name: string }>(people: readonly T[], search: string): T[] {
  return people.filter(({ name }) => plain(name).includes(plain(search.trim())));
}
