import { queryOptions } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import type { Technician } from "@/api/types";
import { queries } from "@/app/services";

/** One technician. */
export const technicianQuery = (id: string) =>
  queryOptions({ queryKey: ["technicians", id], queryFn: () => must(api.GET("/api/technicians/{id}", { params: { path: { id } } })) });

/** The platform roles, most powerful first. */
export const roles = ["administrator", "manager", "technician", "read_only"] as const;
export type Role = (typeof roles)[number];

/** Where technicians can have come from; the empty source is "made by hand". */
export const origins = ["csv", "m365", "google", "ldap", "scim"] as const;
export type Origin = (typeof origins)[number];

/** The one word for how it stands with somebody: an invitation that was not taken up yet says more than that it is active. */
export function shownState({ status, state }: Pick<Technician, "status" | "state">): Technician["status"] | "invitation" {
  return status === "active" && state === "invitation" ? "invitation" : status;
}

/** Looks technicians up for a choice; with the email, because names repeat. */
export async function technicianChoices(q: string): Promise<{ value: string; label: string }[]> {
  const page = await must(api.GET("/api/technicians", { params: { query: { q: q || undefined, limit: 20, sort: "name" } } }));
  return page.items.map((x) => ({ value: x.id, label: x.name === x.email ? x.name : `${x.name} – ${x.email}` }));
}

/** How many open tickets a technician has, as far as one page counts: `4`, or `200+`. */
export const ticketsOfQuery = (id: string) =>
  queryOptions({
    queryKey: ["tickets", { assigned_to: id, counted: true }],
    queryFn: async () => {
      const page = await must(api.GET("/api/tickets", { params: { query: { assigned_to: id, status: "open", limit: 200 } } }));
      return `${page.items.length}${page.next_cursor ? "+" : ""}`;
    },
  });

/** Shows a technician as the server last told it, and fetches again what depends on it. */
export function renewTechnician(technician: Technician): void {
  queries.setQueryData(technicianQuery(technician.id).queryKey, technician);
  for (const key of ["technicians", "teams", "sessions", "me"]) {
    void queries.invalidateQueries({ queryKey: [key] });
  }
}
