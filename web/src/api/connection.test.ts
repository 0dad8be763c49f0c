import createClient from "openapi-fetch";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection, watching } from "./connection";
import type { paths } from "./schema";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const dead = () => Promise.reject(new TypeError("failed to fetch"));

function make(probe: () => Promise<unknown>) {
  const connection = new Connection({ probe, now: () => 1000 });
  const fetch = vi.fn<(request: Request) => Promise<Response>>();
  const client = createClient<paths>({ baseUrl: "http://console.test", fetch });
  client.use(watching(connection));
  return { connection, fetch, client };
}

describe("a lost connection", () => {
  it("is noticed by a request, and found again by asking ever more slowly", async () => {
    const probe = vi.fn<() => Promise<unknown>>(dead);
    const { connection, fetch, client } = make(probe);
    fetch.mockImplementation(dead);
    await expect(client.GET("/api/me")).rejects.toThrow("failed to fetch");
    expect(connection.snapshot()).toEqual({ up: false, since: 1000 });
    await vi.advanceTimersByTimeAsync(1000 + 2000 + 4000);
    expect(probe).toHaveBeenCalledTimes(3);
    probe.mockResolvedValue(null);
    await vi.advanceTimersByTimeAsync(8000);
    expect(connection.snapshot()).toEqual({ up: true, since: null });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(probe).toHaveBeenCalledTimes(4);
  });

  it("refuses changes at once and sends nothing, but lets reading try", async () => {
    const { connection, fetch, client } = make(dead);
    connection.lost();
    const refused = await client.DELETE("/api/session");
    expect(refused.response.status).toBe(503);
    expect(refused.error).toMatchObject({ code: "connection.offline" });
    expect(fetch).not.toHaveBeenCalled();
    expect(connection.snapshot().up).toBe(false);
    fetch.mockImplementation(async () => new Response("{}", { headers: { "Content-Type": "application/json" } }));
    await client.GET("/api/me");
    expect(connection.snapshot().up).toBe(true);
  });

  it("says of a change that broke off that nobody knows", async () => {
    const { connection, fetch, client } = make(dead);
    fetch.mockImplementation(dead);
    const broken = await client.DELETE("/api/session");
    expect(broken.error).toMatchObject({ code: "connection.broken" });
    expect(connection.snapshot().up).toBe(false);
  });

  it("is not a request that was called off", async () => {
    const { connection, fetch, client } = make(dead);
    fetch.mockRejectedValue(new DOMException("gone", "AbortError"));
    await expect(client.GET("/api/me")).rejects.toThrow("gone");
    expect(connection.snapshot().up).toBe(true);
  });
});
