import { useState } from "react";

/**
 * Takes a one-time token from the fragment of the address and removes it from there at once,
 * so that it stays in neither the history nor a screenshot. A fragment is never sent to the server.
 */
export function useToken(): string | null {
  const [token] = useState(takeToken);
  return token;
}

// Of this page only: the token of an invitation is none of the sign-in.
let taken: { page: string; token: string } | null = null;

function takeToken(): string | null {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found) {
    taken = { page: location.pathname, token: found };
    history.replaceState(history.state, "", location.pathname + location.search);
  }
  return taken?.page === location.pathname ? taken.token : null;
}
