import { queryOptions } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import type { Ticket } from "@/api/types";
import { queries } from "@/app/services";

/** What a ticket can be, in its order. */
export const ticketStates = ["open", "waiting", "closed"] as const;

/** One ticket. */
export const ticketQuery = (id: string) =>
  queryOptions({ queryKey: ["tickets", id], queryFn: () => must(api.GET("/api/tickets/{id}", { params: { path: { id } } })) });

/** The open tickets of a customer, latest first. */
export const openTicketsQuery = (customerId: string) =>
  queryOptions({
    queryKey: ["tickets", { customer_id: customerId, status: "open" }],
    queryFn: () => must(api.GET("/api/tickets", { params: { query: { customer_id: customerId, status: "open", sort: "-updated_at", limit: 50 } } })),
  });

/** The quick tickets: what is asked again and again, written once. */
export const templatesQuery = queryOptions({
  queryKey: ["ticket-templates"],
  queryFn: async () => (await must(api.GET("/api/ticket-templates", { params: { query: { limit: 200 } } }))).items,
  staleTime: 60_000,
});

/** How a ticket is called everywhere: its number, then what it is about. */
export function ticketName(ticket: Pick<Ticket, "number" | "summary">): string {
  return `#${ticket.number} ${ticket.summary}`;
}

/** Shows a ticket as the server last told it, and fetches again what depends on it. */
export function renewTicket(ticket: Ticket): void {
  queries.setQueryData(ticketQuery(ticket.id).queryKey, ticket as never);
  void queries.invalidateQueries({ queryKey: ["tickets"] });
  void queries.invalidateQueries({ queryKey: ["timeline", ticket.id] });
}
