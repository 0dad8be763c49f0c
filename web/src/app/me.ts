import { queryOptions, useQuery } from "@tanstack/react-query";
import { useCallback } from "react";
import { api, must } from "@/api/client";
import type { Me } from "@/api/types";

/** Who is signed in, where, and what they may do. */
export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: () => must(api.GET("/api/me")),
  staleTime: 60_000,
  retry: false,
});

/** Who is signed in; undefined on the pages before that. */
export function useMe(): Me | undefined {
  return useQuery({ ...meQuery, enabled: false }).data;
}

/** Tells whether the person holds a permission somewhere. The server decides in the end; this only spares a vain click. */
export function useCan(): (permission: string) => boolean {
  const me = useMe();
  return useCallback((permission) => me?.technician.owner === true || (me?.permissions.includes(permission) ?? false), [me]);
}
