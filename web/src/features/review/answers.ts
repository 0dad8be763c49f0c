import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { ReviewItem } from "@/api/types";
import { queries } from "@/app/services";
import { loadTexts } from "@/i18n/parts";
import { Batch } from "./batch";

export type Verb = "confirm" | "revoke" | "flag" | "undo";

/** How a row stands beside what the server sent with the list. */
export interface Mark {
  item: ReviewItem;
  /** Why the last answer was refused, by its code. */
  code?: string;
  /** What kept the last answer from the server. */
  failure?: unknown;
  sending?: Verb;
}

interface Sent {
  item: ReviewItem;
  verb: Verb;
  comment?: string;
}

/** Sends answers for a review. A row shows its answer at once; what is refused goes back to what it was, and says why. */
export class Answers {
  private readonly all = new Map<string, Mark>();
  private readonly listeners = new Set<() => void>();
  private readonly batch = new Batch<Sent>((part) => this.send(part));

  constructor(private readonly id: string) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** How a row stands that was answered here. It is the same object until that changes, so that each row watches its own. */
  readonly mark = (id: string): Mark | undefined => this.all.get(id);

  /** An item as it is now: what came with the list, or with the last answer. */
  readonly now = (item: ReviewItem): ReviewItem => this.all.get(item.grant_id)?.item ?? item;

  /** Whether something is not at the server yet. */
  readonly busy = (): boolean => this.batch.left > 0;

  /** Answers for some items. */
  say(verb: Verb, items: readonly ReviewItem[], comment?: string): void {
    this.note(items.map((item) => [item.grant_id, { item, sending: verb }]));
    this.batch.add(...items.map((item) => ({ item, verb, comment })));
  }

  /** Sends what waits; done once it is at the server. */
  readonly flush = (): Promise<void> => this.batch.flush();

  private note(changes: [string, Mark][]): void {
    for (const [id, mark] of changes) {
      this.all.set(id, mark);
    }
    for (const listener of this.listeners) {
      listener();
    }
  }

  private async send(part: Sent[]): Promise<void> {
    try {
      const answers = part.map(({ item, verb, comment }) => ({ grant_id: item.grant_id, answer: verb, seen: item.seen, ...(comment && { comment }) }));
      const { results } = await must(api.POST("/api/access-reviews/{id}/answers", { params: { path: { id: this.id } }, body: { answers } }));
      if (results.some((result) => result.error)) {
        await loadTexts("reasons").catch(() => {}); // the code says it too
      }
      this.note(part.map(({ item: before }, n) => [before.grant_id, { item: (results[n]?.item ?? before) as ReviewItem, ...(results[n]?.error && { code: results[n].error }) }]));
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 429) {
        await new Promise((later) => setTimeout(later, Math.min(failure.retryAfter ?? 2, 30) * 1000)); // faster than the server takes it
        return this.send(part);
      }
      this.note(part.map(({ item }) => [item.grant_id, { item, failure }]));
    }
    void queries.invalidateQueries({ queryKey: ["access-reviews"] });
  }
}
