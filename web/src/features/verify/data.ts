import { queryOptions, useQueries, useQuery } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import type { Panel, TechnicianVerification, Verification } from "@/api/types";
import { useCan, useMe } from "@/app/me";
import { queries } from "@/app/services";

/** Everything the verification panel of one contact shows. */
export const panelQuery = (contactId: string) =>
  queryOptions({
    queryKey: ["panel", contactId],
    queryFn: async () => (await must(api.GET("/api/contacts/{id}/verification", { params: { path: { id: contactId } } }))) as Panel,
  });

const requestsQuery = (state: "pending" | "claimed") =>
  queryOptions({
    queryKey: ["technician-verifications", { state }],
    queryFn: () => must(api.GET("/api/technician-verifications", { params: { query: { state } } })),
    refetchInterval: 60_000,
  });

/** One request; for its claimer with the code. */
export const requestQuery = (id: string) =>
  queryOptions({
    queryKey: ["technician-verifications", id],
    queryFn: async () => (await must(api.GET("/api/technician-verifications/{id}", { params: { path: { id } } }))) as TechnicianVerification,
  });

/** How codes are made; not everybody may read the settings, so that the usual stands in. */
export function useCodeDigits(): number {
  const settings = useQuery({
    queryKey: ["settings", "verification"],
    queryFn: () => must(api.GET("/api/settings/verification")),
    staleTime: 300_000,
    retry: false,
  });
  return settings.data?.code_digits ?? 6;
}

/** People who wait for a technician to prove who they are, longest first. */
export function usePending(): { requests: TechnicianVerification[]; isPending: boolean; error: unknown; refetch: () => void } {
  const can = useCan();
  const query = useQuery({ ...requestsQuery("pending"), enabled: can("verification.run") });
  const requests = (query.data?.items ?? [])
    .filter((r) => r.state === "pending")
    .toSorted((a, b) => a.created_at.localeCompare(b.created_at));
  return { requests, isPending: query.isPending && query.fetchStatus !== "idle", error: query.error, refetch: () => void query.refetch() };
}

/** How many people wait. */
export function usePendingCount(): number {
  return usePending().requests.length;
}

/** The requests that this person has claimed and that still run. */
export function useMyClaims(): TechnicianVerification[] {
  const can = useCan();
  const me = useMe();
  const query = useQuery({ ...requestsQuery("claimed"), enabled: can("verification.run") });
  return (query.data?.items ?? []).filter((r) => r.state === "claimed" && r.claimed_by?.id === me?.technician.id);
}

/** Verifications of callers that this person has started and that still run. */
export function useMyVerifications(): Verification[] {
  const can = useCan();
  const me = useMe();
  const query = useQuery({
    queryKey: ["verifications", { state: "pending" }],
    queryFn: () => must(api.GET("/api/verifications", { params: { query: { state: "pending" } } })),
    enabled: can("verification.run"),
  });
  return (query.data?.items ?? []).filter((v) => v.technician.id === me?.technician.id);
}

/** Several requests by id, for those that have ended while they were on screen. */
export function useRequests(ids: string[]): TechnicianVerification[] {
  return useQueries({ queries: ids.map((id) => requestQuery(id)) })
    .map((result) => result.data)
    .filter((data) => data !== undefined);
}

/** After an action: what it returned is true at once, the rest is asked again. */
export function renewVerifications(contactId: string): void {
  void queries.invalidateQueries({ queryKey: ["panel", contactId] });
  void queries.invalidateQueries({ queryKey: ["verifications"] });
  void queries.invalidateQueries({ queryKey: ["technician-verifications"] });
  void queries.invalidateQueries({ queryKey: ["timeline"] });
}
