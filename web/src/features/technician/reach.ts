import type { Team, Technician } from "@/api/types";

/** Why a customer can be reached: by an assignment of their own, or through a team. */
export type Via = { type: "direct" } | { type: "team"; id: string; name: string };

/** One customer that a technician reaches, with every reason for it. */
export interface Reach {
  customerId: string;
  via: Via[];
}

/**
 * The customers that a technician reaches, each once, with all the ways that lead there. Administrators reach all of them by their role. `counts` says which
 * ways count, where a platform role of the organization says so.
 */
export function customersReached(technician: Pick<Technician, "customer_ids">, teams: readonly Pick<Team, "id" | "name" | "customer_ids">[], counts = "assigned"): Reach[] {
  const found = new Map<string, Via[]>(counts === "teams" ? [] : technician.customer_ids.map((id) => [id, [{ type: "direct" }]]));
  for (const { id, name, customer_ids } of counts === "own" ? [] : teams) {
    for (const customer of customer_ids) {
      found.set(customer, [...(found.get(customer) ?? []), { type: "team", id, name }]);
    }
  }
  return [...found].map(([customerId, via]) => ({ customerId, via }));
}
