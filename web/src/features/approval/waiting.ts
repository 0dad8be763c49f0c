import { useQuery } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import { useCan } from "@/app/me";

/** How many requests wait for this person's decision; of very many the first fifty are counted. */
export function useToDecideCount(): number {
  const can = useCan();
  const query = useQuery({
    queryKey: ["approvals", "count"],
    queryFn: async () => (await must(api.GET("/api/approvals", { params: { query: { to_decide: true, limit: 50 } } }))).items.length,
    refetchInterval: 60_000,
    enabled: can("approval.decide"),
  });
  return query.data ?? 0;
}
