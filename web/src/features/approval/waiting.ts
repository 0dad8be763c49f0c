import { useQuery } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import type { Approval } from "@/api/types";
import { useCan } from "@/app/me";

/** Requests that wait for this person's decision, newest first; of very many the first fifty. */
export function useToDecide(): Approval[] {
  const can = useCan();
  const query = useQuery({
    queryKey: ["approvals", "waiting"],
    queryFn: async () => (await must(api.GET("/api/approvals", { params: { query: { to_decide: true, limit: 50 } } }))).items as Approval[],
    refetchInterval: 60_000,
    enabled: can("approval.decide"),
  });
  return query.data ?? [];
}

/** How many of them there are. */
export function useToDecideCount(): number {
  return useToDecide().length;
}
