import { queryOptions } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import type { Ticket } from "@/api/types";

/** One ticket. */
export const ticketQuery = (id: string) =>
  queryOptions({ queryKey: ["tickets", id], queryFn: () => must(api.GET("/api/tickets/{id}", { params: { path: { id } } })) });

/** The open tickets of a customer, latest first. */
export const openTicketsQuery = (customerId: string) =>
  queryOptions({
    queryKey: ["tickets", { customer_id: customerId, status: "open" }],
    queryFn: () => must(api.GET("/api/tickets", { params: { query: { customer_id: customerId, status: "open", sort: "-updated_at", limit: 50 } } })),
  });

/** The notes of a ticket, oldest first. */
export const notesQuery = (id: string) =>
  queryOptions({
    queryKey: ["notes", id],
    queryFn: () => must(api.GET("/api/tickets/{id}/notes", { params: { path: { id }, query: { limit: 200 } } })),
  });

/** How a ticket is called everywhere: its number, then what it is about. */
export function ticketName(ticket: Pick<Ticket, "number" | "summary">): string {
  return `#${ticket.number} ${ticket.summary}`;
}
