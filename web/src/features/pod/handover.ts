// How a window hands its session to the frame that opened it: the frame keeps a verifier to itself and shows its SHA-256; the window gets a
// code for it and posts the code to a page of our own origin, and to no other.

const kind = "countersign-pod";

interface Message {
  kind: typeof kind;
  state: string;
  code: string;
}

/** What a frame has asked for: the verifier stays here, the rest is shown to the window. */
export interface Asked {
  verifier: string;
  challenge: string;
  state: string;
}

/** Makes what one sign-in needs, new each time. */
export async function ask(): Promise<Asked> {
  const verifier = random();
  const sum = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return { verifier, challenge: base64url(new Uint8Array(sum)), state: random() };
}

/** The address of the window. What it is asked stands in the fragment, which browsers neither send nor log. */
export function windowAddress(pod: string, asked: Asked): string {
  return `/pod/${pod}/sign-in#${new URLSearchParams({ challenge: asked.challenge, state: asked.state })}`;
}

/** What the window was asked; null if it was opened by hand. */
export function readAsked(hash: string): { challenge: string; state: string } | null {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const challenge = given.get("challenge");
  const state = given.get("state");
  return challenge && state ? { challenge, state } : null;
}

/** Hands a code over. The browser delivers it only if the page that opened this window is of our own origin. */
export function handOver(opener: Window, state: string, code: string): void {
  opener.postMessage({ kind, state, code } satisfies Message, location.origin);
}

/** Reads the code of a message, if it is the answer to what was asked from the window that was opened; "" for everything else. */
export function codeOf(event: MessageEvent<unknown>, from: Window, asked: Asked): string {
  const message = event.data as Partial<Message> | null;
  if (event.origin !== location.origin || event.source !== from || typeof message !== "object" || message === null) {
    return "";
  }
  return message.kind === kind && message.state === asked.state && typeof message.code === "string" ? message.code : "";
}

function random(): string {
  return base64url(crypto.getRandomValues(new Uint8Array(32)));
}

function base64url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
