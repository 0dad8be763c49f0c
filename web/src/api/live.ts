// One stream of events per tab. An event carries only ids: it tells which answers are stale, and TanStack Query fetches them again.
import type { QueryClient, QueryKey } from "@tanstack/react-query";

/** off: not signed in; connecting: first try; live; catching-up: the connection was lost and is being made again. */
export type LiveState = "off" | "connecting" | "live" | "catching-up";

/** The data of an event: ids and states only. */
export interface LiveEvent {
  kind: string;
  id?: string;
  customer_id?: string;
  contact_id?: string;
  ticket_id?: string;
  [key: string]: string | undefined;
}

export const kinds = [
  "technician.changed",
  "team.changed",
  "customer.changed",
  "contact.changed",
  "optin.changed",
  "document.changed",
  "ticket.changed",
  "verification.changed",
  "technician_verification.changed",
  "message.changed",
  "sandbox.message",
  "settings.changed",
  "notification.changed",
  "organization.changed",
  "audit.appended",
  "task.changed",
  "import.changed",
  "device.changed",
  "device_group.changed",
  "role.changed",
  "grant.changed",
  "default_permissions.changed",
  "approval.changed",
  "accessreview.changed",
  "sensitivity.changed",
  "session.ended",
  "security.alert",
  "reset",
] as const;

/** Which answers an event makes stale. An empty key means all of them. */
export function staleKeys(event: LiveEvent): QueryKey[] {
  switch (event.kind) {
    case "technician.changed":
      return [["technicians"], ["sessions"], ["platform-roles"], ["me"]];
    case "team.changed":
      return [["teams"], ["technicians"], ["customers"], ["me"]];
    case "customer.changed":
      return [["customers"]];
    case "contact.changed":
      return [["contacts"], ["panel"]];
    case "optin.changed":
      return [event.contact_id ? ["contacts", event.contact_id] : ["contacts"]];
    case "document.changed":
      return [["documents"]];
    case "ticket.changed":
      return [["tickets"], ["timeline"]];
    case "verification.changed":
      return [["verifications"], event.contact_id ? ["panel", event.contact_id] : ["panel"], ["contacts"]];
    case "technician_verification.changed":
      return [["technician-verifications"], event.contact_id ? ["panel", event.contact_id] : ["panel"]];
    case "message.changed":
      return [["deliveries"], ["panel"]];
    case "sandbox.message":
      return [["sandbox"]];
    case "settings.changed":
      return [["settings"], ["me"]];
    case "notification.changed":
      return [["notifications"], ["me"]];
    case "organization.changed":
      return [["settings"], ["me"], ["brand"]];
    case "task.changed":
      return [["tasks"], ["imports"]];
    case "import.changed":
      return [["imports"]];
    case "device.changed":
      return [["devices"]];
    case "device_group.changed":
      return [["device-groups"], ["devices"]];
    case "role.changed":
      return [["roles"], ["platform-roles"], ["technicians"], ["grants"], ["access"], ["me"]];
    case "grant.changed":
      return [["grants"], ["overrides"], ["roles"], ["access"], ["devices"], ["device-groups"], ["me"]];
    case "default_permissions.changed":
      return [["default-permissions"], ["access"], ["devices"], ["device-groups"], ["me"]];
    case "approval.changed":
      return [["approvals"], ["access"]];
    case "accessreview.changed":
      return [["access-reviews"]];
    case "sensitivity.changed":
      return [["sensitive-permissions"], ["access"]];
    case "session.ended":
      return [["sessions"], ["me"]];
    case "security.alert":
      return [["audit"]];
    case "reset":
      return [[]];
    default:
      return [];
  }
}

type Watcher = (event: LiveEvent) => void;

/** Live holds the stream, its state, and those who want to hear of single events. */
export class Live {
  private source: EventSource | null = null;
  private state: LiveState = "off";
  private retry: ReturnType<typeof setTimeout> | null = null;
  private failures = 0;
  private last = "";
  private readonly listeners = new Set<() => void>();
  private readonly watchers = new Set<Watcher>();

  constructor(
    private readonly queries: QueryClient,
    private readonly open: (url: string) => EventSource = (url) => new EventSource(url),
  ) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly snapshot = (): LiveState => this.state;

  /** Calls `watcher` for every event, until the returned function is called. */
  watch(watcher: Watcher): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  start(): void {
    if (this.source || this.retry) {
      return;
    }
    this.set(this.failures === 0 && this.last === "" ? "connecting" : "catching-up");
    const source = this.open(this.last ? `/api/events?after=${encodeURIComponent(this.last)}` : "/api/events");
    this.source = source;
    source.addEventListener("open", () => this.opened());
    source.addEventListener("error", () => this.failed());
    for (const kind of kinds) {
      source.addEventListener(kind, (message) => this.receive(kind, message as MessageEvent<string>));
    }
  }

  stop(): void {
    this.close();
    this.last = "";
    this.failures = 0;
    this.set("off");
  }

  private opened(): void {
    // After a gap without a known place in the stream nothing tells what was missed: everything is fetched again.
    if (this.failures > 0 && this.last === "") {
      void this.queries.invalidateQueries();
    } else if (this.failures > 0) {
      // What changed is told by the events that follow; what could not be fetched meanwhile is not.
      void this.queries.invalidateQueries({ predicate: (query) => query.state.status === "error" });
    }
    this.failures = 0;
    this.set("live");
  }

  private failed(): void {
    this.close();
    this.failures++;
    this.set("catching-up");
    // A stream does not say why it was refused; this does, and leads to the sign-in when the session has ended.
    void this.queries.invalidateQueries({ queryKey: ["me"] });
    const wait = Math.min(1000 * 2 ** (this.failures - 1), 15_000) * (0.75 + Math.random() / 2);
    this.retry = setTimeout(() => {
      this.retry = null;
      this.start();
    }, wait);
  }

  private receive(kind: string, message: MessageEvent<string>): void {
    if (message.lastEventId) {
      this.last = message.lastEventId;
    }
    const event: LiveEvent = { ...parse(message.data), kind };
    for (const queryKey of staleKeys(event)) {
      void this.queries.invalidateQueries({ queryKey });
    }
    for (const watcher of this.watchers) {
      watcher(event);
    }
  }

  private close(): void {
    this.source?.close();
    this.source = null;
    if (this.retry) {
      clearTimeout(this.retry);
      this.retry = null;
    }
  }

  private set(state: LiveState): void {
    if (this.state !== state) {
      this.state = state;
      for (const listener of this.listeners) {
        listener();
      }
    }
  }
}

function parse(data: string): Record<string, string> {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === "object" && value !== null ? (value as Record<string, string>) : {};
  } catch {
    return {};
  }
}
