// Whether the server can be reached: learned from every request, from the browser, and while it cannot, by asking.
import type { Middleware } from "openapi-fetch";

export interface ConnectionState {
  up: boolean;
  /** Since when it is lost. */
  since: number | null;
}

interface Surroundings {
  /** Asks the server for a sign of life; rejects when there is none. */
  probe: () => Promise<unknown>;
  now: () => number;
}

const firstWait = 1000;
const longestWait = 15_000;

/** Connection knows whether the server can be reached, and tries again by itself until it can. */
export class Connection {
  private state: ConnectionState = { up: true, since: null };
  private timer: ReturnType<typeof setTimeout> | null = null;
  private wait = firstWait;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly around: Surroundings) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): ConnectionState => this.state;

  /** The server has answered, whatever it said. */
  reached(): void {
    this.stop();
    if (!this.state.up) {
      this.set({ up: true, since: null });
    }
  }

  /** A request got no answer. */
  lost(): void {
    if (this.state.up) {
      this.wait = firstWait;
      this.set({ up: false, since: this.around.now() });
      this.plan();
    }
  }

  /** Tries at once, not only when the wait is over. */
  retry(): void {
    this.stop();
    void this.ask();
  }

  private async ask(): Promise<void> {
    try {
      await this.around.probe();
      this.reached();
    } catch {
      this.wait = Math.min(this.wait * 2, longestWait);
      this.plan();
    }
  }

  private plan(): void {
    this.stop();
    this.timer = setTimeout(() => void this.ask(), this.wait);
  }

  private stop(): void {
    if (this.timer) {
      clearTimeout(this.timer);
      this.timer = null;
    }
  }

  private set(state: ConnectionState): void {
    this.state = state;
    for (const listener of this.listeners) {
      listener();
    }
  }
}

/** The connection of this tab. */
export const connection = new Connection({ probe: probeServer, now: () => Date.now() });

async function probeServer(): Promise<void> {
  const answer = await fetch("/healthz", { cache: "no-store" });
  if (!answer.ok) {
    throw new Error("the server is not well");
  }
}

const reads = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Reading is tried over and over; a change is not. While the connection is known to be lost it is refused at once,
 * so that nothing is sent later behind somebody's back; if it breaks during a change, nobody can know whether it was made.
 */
export function watching(watched: Connection): Middleware {
  return {
    onRequest({ request }) {
      return reads.has(request.method) || watched.snapshot().up ? undefined : refusal("connection.offline");
    },
    onResponse({ response }) {
      if (!response.headers.has(marker)) {
        watched.reached();
      }
    },
    onError({ request, error }) {
      if (error instanceof DOMException && error.name === "AbortError") {
        return;
      }
      watched.lost();
      return reads.has(request.method) ? undefined : refusal("connection.broken");
    },
  };
}

const marker = "X-Not-Sent";

// Looks like an answer of the server, so that every form and button shows it as such.
function refusal(code: string): Response {
  const problem = { title: "no connection", status: 503, code };
  return new Response(JSON.stringify(problem), { status: 503, headers: { "Content-Type": "application/problem+json", [marker]: "1" } });
}
