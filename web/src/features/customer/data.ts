import { queryOptions } from "@tanstack/react-query";
import { api, must } from "@/api/client";

/** One customer. */
export const customerQuery = (id: string) =>
  queryOptions({ queryKey: ["customers", id], queryFn: () => must(api.GET("/api/customers/{id}", { params: { path: { id } } })) });

/** Who of the staff reaches a customer, and how. */
export const customerPeopleQuery = (id: string) =>
  queryOptions({ queryKey: ["customers", id, "people"], queryFn: () => must(api.GET("/api/customers/{id}/people", { params: { path: { id } } })) });

/** Looks customers up for a choice. */
export async function customerChoices(q: string): Promise<{ value: string; label: string }[]> {
  const page = await must(api.GET("/api/customers", { params: { query: { q: q || undefined, limit: 20, sort: "name" } } }));
  return page.items.map((c) => ({ value: c.id, label: c.name }));
}
