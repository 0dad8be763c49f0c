// The one door to the server. Everything typed comes from the OpenAPI document through openapi-fetch.
import createClient, { type Middleware } from "openapi-fetch";
import { connection, watching } from "./connection";
import { repeating } from "./fresh";
import { ApiError, toApiError } from "./problem";
import { isAttended } from "./attended";
import { podId } from "./pod";
import { learnServerTime } from "./serverTime";
import type { paths } from "./schema";

type Listener = () => void;
const signedOut = new Set<Listener>();

/** Calls `listener` whenever the server says that the session has ended. */
export function onSignedOut(listener: Listener): () => void {
  signedOut.add(listener);
  return () => signedOut.delete(listener);
}

/** Tells everybody that the session has ended. */
export function announceSignedOut(): void {
  for (const listener of signedOut) {
    listener();
  }
}

const rules: Middleware = {
  onRequest({ request }) {
    if (request.method === "PATCH") {
      request.headers.set("Content-Type", "application/merge-patch+json");
    }
    if (podId() !== "") {
      request.headers.set("Countersign-Pod", podId());
    }
    if (!isAttended()) {
      request.headers.set("Countersign-Unattended", "1");
    }
    return request;
  },
  onResponse({ request, response }) {
    learnServerTime(response.headers.get("Date"));
    const own = new URL(request.url).pathname.startsWith("/api/session");
    if (response.status === 401 && !own) {
      announceSignedOut();
    }
    return response;
  },
};

/** The typed client: `api.GET("/api/contacts/{id}", …)`. Wrap calls in `must`. */
export const api = createClient<paths>({ baseUrl: typeof location === "undefined" ? "" : location.origin });
// What is repeated is a copy of what the rules have made of a request, and only the answer to the repetition is looked at again.
api.use(rules, repeating, watching(connection));

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Returns what the server sent, or throws an ApiError. */
export async function must<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") {
      throw error;
    }
    throw toApiError(null);
  }
  if (!answer.response.ok) {
    throw toApiError(answer.error, answer.response);
  }
  return answer.data as T;
}

/** The header that makes a change fail when somebody else was faster. */
export function ifMatch(version: number): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}

/** Whether the failure says that the thing is not there (or may not be seen). */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}
