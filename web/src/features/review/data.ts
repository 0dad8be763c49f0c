import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ifMatch, must } from "@/api/client";
import type { AccessReview, Page, Query, ReviewItem } from "@/api/types";
import { queries } from "@/app/services";

/** A page of reviews. */
export async function load(query: Query<"/api/access-reviews">, signal: AbortSignal): Promise<Page<AccessReview>> {
  return (await must(api.GET("/api/access-reviews", { params: { query }, signal }))) as Page<AccessReview>;
}

/** One review, with how far it is. */
export const reviewQuery = (id: string) =>
  queryOptions({
    queryKey: ["access-reviews", "one", id],
    queryFn: async () => (await must(api.GET("/api/access-reviews/{id}", { params: { path: { id } } }))) as AccessReview,
  });

export const views = ["mine", "open", "nobody", "all"] as const;
export type View = (typeof views)[number];

const narrowed = { mine: { mine: true, answer: "open" }, open: { answer: "open" }, nobody: { answer: "nobody" }, all: {} } as const;

/** The grants of a review, 200 at a time. Nothing loads them again while somebody works on them: what was answered stays where it is. */
export const itemsQuery = (id: string, view: View, q: string) =>
  infiniteQueryOptions({
    queryKey: ["access-review-items", id, view, q],
    queryFn: async ({ pageParam, signal }) => {
      const query = { ...narrowed[view], limit: 200, ...(q && { q }), ...(pageParam && { cursor: pageParam }) };
      return (await must(api.GET("/api/access-reviews/{id}/items", { params: { path: { id }, query }, signal }))) as Page<ReviewItem>;
    },
    initialPageParam: "",
    getNextPageParam: (last) => last.next_cursor,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export interface Fields {
  name: string;
  team_ids: string[];
  customer_ids: string[];
  starts_at?: string;
  due_at?: string;
  unanswered: "revoke" | "keep";
  remind_days: number;
  repeats: boolean;
}

/** Plans a review, or begins it. */
export async function create(body: Fields): Promise<AccessReview> {
  return kept((await must(api.POST("/api/access-reviews", { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body }))) as AccessReview);
}

/** Changes a review that has not ended. */
export async function change({ id, version }: AccessReview, body: Partial<Fields>): Promise<AccessReview> {
  return kept((await must(api.PATCH("/api/access-reviews/{id}", { params: { path: { id }, header: ifMatch(version) }, body }))) as AccessReview);
}

/** Ends a review before its time. */
export async function end({ id, version }: AccessReview, unanswered: "revoke" | "keep"): Promise<AccessReview> {
  return kept((await must(api.POST("/api/access-reviews/{id}/end", { params: { path: { id }, header: ifMatch(version) }, body: { unanswered } }))) as AccessReview);
}

/** Drops a review that has not begun. */
export async function drop({ id, version }: AccessReview): Promise<void> {
  await must(api.DELETE("/api/access-reviews/{id}", { params: { path: { id }, header: ifMatch(version) } }));
  void queries.invalidateQueries({ queryKey: ["access-reviews"] });
}

function kept(review: AccessReview): AccessReview {
  queries.setQueryData(reviewQuery(review.id).queryKey, review);
  void queries.invalidateQueries({ queryKey: ["access-reviews"] });
  return review;
}

/** Where the signed report is. */
export function reportHref({ id }: AccessReview): string {
  return `/api/access-reviews/${id}/report`;
}
