// The requests that were claimed in this tab, so that the end of one is still seen when it has left the list of open ones.
const key = "cs-claimed";

/** The ids claimed here, latest first. */
export function claimedHere(): string[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(stored) ? stored.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

/** Remembers a claim. */
export function rememberClaim(id: string): void {
  save([id, ...claimedHere().filter((other) => other !== id)].slice(0, 5));
}

/** Forgets a claim whose end has been seen. */
export function forgetClaim(id: string): void {
  save(claimedHere().filter((other) => other !== id));
}

function save(ids: string[]): void {
  try {
    sessionStorage.setItem(key, JSON.stringify(ids));
  } catch {
    // Without storage the end is still told by the ticket's note.
  }
}
