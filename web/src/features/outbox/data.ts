import type { TFunction } from "i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import type { Delivery, Page, Query } from "@/api/types";
import { startOfDay } from "@/components/list/FilterFields";
import { reasonText } from "@/components/problemText";
import type { Tone } from "@/components/StateBadge";

/** How many messages one request may send again. */
export const atOnce = 100;

type Asked = Omit<Query<"/api/deliveries">, "since"> & { since?: string };

/** A page of messages. Days are meant in the person's own zone; of an address at least three characters are searched for. */
export function load({ since, q, ...query }: Asked, signal: AbortSignal): Promise<Page<Delivery>> {
  return must(api.GET("/api/deliveries", { params: { query: { ...query, since: startOfDay(since), q: q && q.length >= 3 ? q : undefined } }, signal }));
}

export const oneQuery = (id: string) => ({
  queryKey: ["deliveries", "one", id],
  queryFn: () => must(api.GET("/api/deliveries/{id}", { params: { path: { id } } })),
});

/** Sends one message again; the same click twice is one message. */
export async function resend(id: string): Promise<Delivery> {
  const made = await must(api.POST("/api/deliveries/{id}/resend", { params: { path: { id }, header: { "Idempotency-Key": crypto.randomUUID() } } }));
  await queries.invalidateQueries({ queryKey: ["deliveries"] });
  return made;
}

export interface Outcome {
  done: number;
  left: number;
  /** Why the first of those was left out. */
  why: string;
}

/** Sends several again and says what came of it. */
export async function resendMany(ids: string[], t: TFunction): Promise<Outcome> {
  const { items } = await must(api.POST("/api/deliveries/resend", { params: { header: { "Idempotency-Key": crypto.randomUUID() } }, body: { ids: ids.slice(0, atOnce) } }));
  await queries.invalidateQueries({ queryKey: ["deliveries"] });
  const left = items.filter((x) => x.refusal);
  return { done: items.length - left.length, left: left.length, why: left[0]?.refusal ? (reasonText(left[0].refusal, t) === left[0].refusal ? (left[0].detail ?? "") : reasonText(left[0].refusal, t)) : "" };
}

const tones: Record<Delivery["state"], Tone> = {
  planned: "pending",
  sending: "pending",
  unknown: "pending",
  sent: "neutral",
  delivered: "verified",
  failed: "denied",
  expired: "denied",
  refused: "neutral",
};

/** How a state looks: what somebody may have to do something about is red. */
export function toneOf(d: Delivery): Tone {
  return d.state === "expired" && !d.dead ? "neutral" : tones[d.state];
}

const known = ["unconfirmed", "expired", "canceled", "opted_out", "no_answer", "not_sent", "not_received", "server_stopped", "connect", "dns", "timeout", "unreadable", "attachment"] as const;

/** Why a message or an attempt went wrong. What is not one of our words is the provider's code. */
export function whyText(reason: string | undefined, t: TFunction): string {
  if (!reason) {
    return "";
  }
  const word = known.find((k) => k === reason);
  return word ? t(`outbox.why.${word}`) : t("outbox.why.other", { reason });
}
