import { queryOptions } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";

export type ConsentState = "unknown" | "sent" | "opted_in" | "opted_out";

/** The states of consent, in the order in which filters list them. */
export const consentStates: ConsentState[] = ["opted_in", "sent", "opted_out", "unknown"];

// Below the contact, so that whatever changes a contact also loads these again.
const below = (id: string) => ["contacts", id, "consent"];

/** What a contact said about messages to each address. */
export const consentQuery = (id: string) =>
  queryOptions({ queryKey: below(id), queryFn: () => must(api.GET("/api/contacts/{id}/consent", { params: { path: { id } } })) });

/** How that came about, the newest first. */
export const consentHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: [...below(id), "history"],
    queryFn: async () => (await must(api.GET("/api/contacts/{id}/consent/history", { params: { path: { id }, query: { limit: 20 } } }))).items,
  });

/** The newest form that a contact was sent. */
export const formsQuery = (id: string) =>
  queryOptions({
    queryKey: [...below(id), "forms"],
    queryFn: async () => (await must(api.GET("/api/contacts/{id}/opt-in-forms", { params: { path: { id }, query: { limit: 1 } } }))).items,
  });

/** Numbers from forms that a technician has to deal with. */
export const changesQuery = (id: string) =>
  queryOptions({
    queryKey: [...below(id), "changes"],
    queryFn: async () => (await must(api.GET("/api/contacts/{id}/number-changes", { params: { path: { id } } }))).items.filter((c) => c.state === "pending"),
  });

/** Loads a contact with its consent again. */
export function consentChanged(id: string): void {
  void queries.invalidateQueries({ queryKey: ["contacts", id] });
  void queries.invalidateQueries({ queryKey: ["contacts"], exact: false, refetchType: "active" });
}
