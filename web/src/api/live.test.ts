import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { kinds, Live, staleKeys } from "./live";

class FakeSource extends EventTarget {
  static made: FakeSource[] = [];
  closed = false;

  constructor(readonly url: string) {
    super();
    FakeSource.made.push(this);
  }

  close() {
    this.closed = true;
  }

  say(kind: string, data: object, id: string) {
    this.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data), lastEventId: id }));
  }
}

const last = () => FakeSource.made.at(-1) as FakeSource;

describe("Live", () => {
  let queries: QueryClient;
  let live: Live;
  let stale: ReturnType<typeof vi.spyOn>;

  beforeEach(() => {
    vi.useFakeTimers();
    FakeSource.made = [];
    queries = new QueryClient();
    stale = vi.spyOn(queries, "invalidateQueries");
    live = new Live(queries, (url) => new FakeSource(url) as unknown as EventSource);
    live.start();
  });

  afterEach(() => {
    live.stop();
    vi.useRealTimers();
  });

  it("tells how it is doing", () => {
    expect(live.snapshot()).toBe("connecting");
    last().dispatchEvent(new Event("open"));
    expect(live.snapshot()).toBe("live");
    last().dispatchEvent(new Event("error"));
    expect(live.snapshot()).toBe("catching-up");
    live.stop();
    expect(live.snapshot()).toBe("off");
  });

  it("makes the answers of the changed contact stale", () => {
    last().say("verification.changed", { id: "v1", contact_id: "c1" }, "7");
    expect(stale).toHaveBeenCalledWith({ queryKey: ["panel", "c1"] });
    expect(stale).not.toHaveBeenCalledWith({ queryKey: ["technicians"] });
  });

  it("goes on after a lost connection where it was", () => {
    last().dispatchEvent(new Event("open"));
    last().say("ticket.changed", { id: "t1" }, "41");
    last().dispatchEvent(new Event("error"));
    expect(last().closed).toBe(true);
    vi.advanceTimersByTime(2000);
    expect(FakeSource.made).toHaveLength(2);
    expect(last().url).toBe("/api/events?after=41");
  });

  it("fetches again what failed while there was no connection", () => {
    last().say("ticket.changed", { id: "t1" }, "41");
    last().dispatchEvent(new Event("error"));
    vi.advanceTimersByTime(2000);
    last().dispatchEvent(new Event("open"));
    const [asked] = stale.mock.lastCall ?? [];
    const predicate = (asked as { predicate?: (query: object) => boolean })?.predicate ?? (() => null);
    expect(["error", "success"].map((status) => predicate({ state: { status } }))).toEqual([true, false]);
  });

  it("asks whether the session has ended when the stream breaks", () => {
    last().dispatchEvent(new Event("error"));
    expect(stale).toHaveBeenCalledWith({ queryKey: ["me"] });
  });

  it("fetches everything again after a gap of unknown size", () => {
    last().dispatchEvent(new Event("error"));
    vi.advanceTimersByTime(2000);
    last().dispatchEvent(new Event("open"));
    expect(stale).toHaveBeenCalledWith();
  });

  it("waits longer after each failure, but never longer than 20 seconds", () => {
    for (let i = 0; i < 12; i++) {
      last().dispatchEvent(new Event("error"));
      vi.advanceTimersByTime(20_000);
    }
    expect(FakeSource.made).toHaveLength(13);
  });

  it("survives data that is not JSON", () => {
    last().dispatchEvent(new MessageEvent("contact.changed", { data: "?", lastEventId: "9" }));
    expect(stale).toHaveBeenCalledWith({ queryKey: ["contacts"] });
  });

  it("shows events to those who watch, until they stop", () => {
    const seen = vi.fn();
    const stop = live.watch(seen);
    last().say("sandbox.message", { id: "m1" }, "1");
    stop();
    last().say("sandbox.message", { id: "m2" }, "2");
    expect(seen).toHaveBeenCalledExactlyOnceWith({ kind: "sandbox.message", id: "m1" });
  });
});

describe("staleKeys", () => {
  it("knows every kind of event", () => {
    // The live tail fetches the few events that are new by itself; a whole list fetched for each would never rest.
    for (const kind of kinds.filter((k) => k !== "audit.appended")) {
      expect(staleKeys({ kind }).length, kind).toBeGreaterThan(0);
    }
    expect(staleKeys({ kind: "of.tomorrow" })).toEqual([]);
  });
});
