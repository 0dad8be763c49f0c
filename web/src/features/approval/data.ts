import { queryOptions } from "@tanstack/react-query";
import { api, ifMatch, must } from "@/api/client";
import type { Asked } from "@/api/problem";
import type { Approval, Page, Query } from "@/api/types";
import { queries } from "@/app/services";

/** A page of requests. */
export async function load(query: Query<"/api/approvals">, signal: AbortSignal): Promise<Page<Approval>> {
  return (await must(api.GET("/api/approvals", { params: { query }, signal }))) as Page<Approval>;
}

/** One request. */
export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ["approvals", "one", id],
    queryFn: async () => (await must(api.GET("/api/approvals/{id}", { params: { path: { id } } }))) as Approval,
  });

/** What somebody says when they ask, beside what they ask for. */
export interface Words {
  reason: string;
  ticketId?: string;
  /** How long the request waits for a decision. */
  minutes?: number;
}

/** Asks for an action. An override names the ticket among its parameters too, since it is written there. */
function bodyOf({ action, parameters }: Asked, { reason, ticketId }: Words) {
  const own = action === "verification.override" && ticketId ? { ticket_id: ticketId } : {};
  return { action, parameters: { ...parameters, ...own }, reason: reason.trim(), ...(ticketId && { ticket_id: ticketId }) };
}

const once = () => ({ header: { "Idempotency-Key": crypto.randomUUID() } });

/** Asks a second person. */
export async function askFor(asked: Asked, words: Words): Promise<Approval> {
  const body = { ...bodyOf(asked, words), ...(words.minutes && { expires_in_minutes: words.minutes }) };
  return kept((await must(api.POST("/api/approvals", { params: once(), body }))) as Approval);
}

/** Does it at once, without a second person. */
export async function breakGlass(asked: Asked, words: Words): Promise<Approval> {
  return kept((await must(api.POST("/api/break-glass", { params: once(), body: bodyOf(asked, words) }))) as Approval);
}

/** What a decision takes: the request as it was shown, and the signature of the link that led here, if one did. */
interface Decision {
  comment: string;
  signature?: string;
}

/** Approves exactly what was shown. */
export async function approve({ id, version, digest }: Approval, { comment, signature }: Decision): Promise<Approval> {
  const body = { digest, comment: comment.trim(), ...(signature && { signature }) };
  return kept((await must(api.POST("/api/approvals/{id}/approve", { params: { path: { id }, header: ifMatch(version) }, body }))) as Approval);
}

/** Refuses a request. */
export async function refuse({ id, version }: Approval, { comment, signature }: Decision): Promise<Approval> {
  const body = { comment: comment.trim(), ...(signature && { signature }) };
  return kept((await must(api.POST("/api/approvals/{id}/refuse", { params: { path: { id }, header: ifMatch(version) }, body }))) as Approval);
}

/** Takes one's own request back. */
export async function withdraw({ id, version }: Approval): Promise<Approval> {
  return kept((await must(api.POST("/api/approvals/{id}/withdraw", { params: { path: { id }, header: ifMatch(version) } }))) as Approval);
}

// What the server answered is true at once; the lists are asked again.
function kept(request: Approval): Approval {
  queries.setQueryData(approvalQuery(request.id).queryKey, request);
  void queries.invalidateQueries({ queryKey: ["approvals"] });
  return request;
}

/** The file that an approval is for. */
export function fileHref({ id, parameters }: Approval): string {
  return `${parameters.format === "csv" ? "/api/audit.csv" : "/api/audit/export"}?approval_id=${id}`;
}
