import type { AnyRouter } from "@tanstack/react-router";

// Pages are loaded by the router, so they cannot import it: it introduces itself here.
let router: AnyRouter | null = null;

/** Makes the router known. */
export function registerRouter(known: AnyRouter): void {
  router = known;
}

/** Leads to an address, for instance that of what was just made. */
export function goTo(href: string): void {
  void router?.navigate({ href });
}
