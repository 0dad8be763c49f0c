import { queryOptions } from "@tanstack/react-query";
import { api, must } from "@/api/client";

/** One contact. */
export const contactQuery = (id: string) =>
  queryOptions({ queryKey: ["contacts", id], queryFn: () => must(api.GET("/api/contacts/{id}", { params: { path: { id } } })) });

/** Looks contacts up for a choice; with the customer's name unless it is given. */
export async function contactChoices(q: string, customerId?: string): Promise<{ value: string; label: string }[]> {
  const page = await must(api.GET("/api/contacts", { params: { query: { q: q || undefined, customer_id: customerId, limit: 20, sort: "name" } } }));
  return page.items.map((c) => ({ value: c.id, label: customerId ? c.name : `${c.name} – ${c.customer_name}` }));
}
