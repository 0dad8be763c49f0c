import createClient from "openapi-fetch";
import { afterEach, describe, expect, it, vi } from "vitest";
import { onProofNeeded, repeating } from "./fresh";

const refusal = () => new Response(JSON.stringify({ title: "Not allowed", status: 403, code: "signin.fresh_required" }), { status: 403, headers: { "Content-Type": "application/problem+json" } });
const done = () => new Response(JSON.stringify({ ok: true }), { status: 200, headers: { "Content-Type": "application/json" } });

/** A client whose server answers one after the other, and what it was sent. */
function client(...answers: (() => Response)[]) {
  const sent: string[] = [];
  const serve = vi.fn(async (request: Request) => {
    sent.push(await request.text());
    return (answers.shift() ?? done)();
  });
  vi.stubGlobal("fetch", serve);
  const api = createClient<Record<string, never>>({ baseUrl: "http://localhost", fetch: serve as typeof fetch });
  api.use(repeating);
  const post = (body: unknown) => (api as unknown as { POST: (path: string, init: object) => Promise<{ response: Response }> }).POST("/api/x", { body });
  return { post, sent };
}

let off = () => {};
afterEach(() => {
  off();
  vi.unstubAllGlobals();
});

describe("a request that takes a fresh proof", () => {
  it("is made again, whole, once the person has given it", async () => {
    off = onProofNeeded(() => Promise.resolve(true));
    const { post, sent } = client(refusal, done);
    expect((await post({ name: "x" })).response.status).toBe(200);
    expect(sent).toEqual(['{"name":"x"}', '{"name":"x"}']);
  });

  it("stays refused when the person does not", async () => {
    off = onProofNeeded(() => Promise.resolve(false));
    const { post, sent } = client(refusal);
    expect((await post({})).response.status).toBe(403);
    expect(sent).toHaveLength(1);
  });

  it("stays refused where nobody can ask", async () => {
    const { post, sent } = client(refusal);
    expect((await post({})).response.status).toBe(403);
    expect(sent).toHaveLength(1);
  });

  it("asks once for several at once", async () => {
    const ask = vi.fn(() => Promise.resolve(true));
    off = onProofNeeded(ask);
    const { post, sent } = client(refusal, refusal);
    await Promise.all([post({ n: 1 }), post({ n: 2 })]);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(sent).toHaveLength(4);
  });

  it("is not asked for by another refusal", async () => {
    const ask = vi.fn(() => Promise.resolve(true));
    off = onProofNeeded(ask);
    const { post } = client(() => new Response(JSON.stringify({ status: 403, code: "access.denied" }), { status: 403 }));
    expect((await post({})).response.status).toBe(403);
    expect(ask).not.toHaveBeenCalled();
  });
});
