// Some changes take a proof from the last five minutes that it is still the same person. The server says so with a code; then the person is
// asked, and the request is made again.
import type { Middleware } from "openapi-fetch";

type Ask = () => Promise<boolean>;

let ask: Ask | null = null;
let asking: Promise<boolean> | null = null;

/** Says who asks the person to prove themselves again; the returned function takes it back. */
export function onProofNeeded(next: Ask): () => void {
  ask = next;
  return () => {
    ask = ask === next ? null : ask;
  };
}

// Requests that come at once wait for one answer.
function prove(): Promise<boolean> {
  asking ??= (ask?.() ?? Promise.resolve(false)).finally(() => {
    asking = null;
  });
  return asking;
}

const freshRequired = "signin.fresh_required";
const maxRepeated = 1 << 20;
const copies = new Map<string, Request>();

/** Repeats a request that was refused for want of a fresh proof, once the person has given one. */
export const repeating: Middleware = {
  onRequest({ request, id }) {
    const size = Number(request.headers.get("Content-Length") ?? 0);
    const isText = request.body === null || (request.headers.get("Content-Type") ?? "").includes("json");
    if (request.method !== "GET" && isText && size <= maxRepeated) {
      copies.set(id, request.clone());
    }
  },
  async onResponse({ response, id }) {
    const copy = copies.get(id);
    copies.delete(id);
    if (!copy || response.status !== 403 || !(await needsProof(response))) {
      return undefined;
    }
    return (await prove()) ? fetch(copy) : undefined;
  },
  onError({ id }) {
    copies.delete(id);
  },
};

async function needsProof(response: Response): Promise<boolean> {
  try {
    const { code } = (await response.clone().json()) as { code?: string };
    return code === freshRequired;
  } catch {
    return false;
  }
}
