import { QueryClient } from "@tanstack/react-query";
import { Live } from "@/api/live";
import { inPod } from "@/api/pod";
import { ApiError } from "@/api/problem";

/** The cache of answers. A refusal is not asked again; a lost connection and an overloaded server are. */
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      retry: (failures, error) => error instanceof ApiError && (error.status === 0 || error.status === 503) && failures < 3,
      refetchOnWindowFocus: true,
    },
  },
});

/** The stream of events of this tab. */
export const live = new Live(queries, (url) => new EventSource(inPod(url)));
