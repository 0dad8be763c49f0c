import { useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { useOwn } from "./personal";

/** A page that was opened: a contact, a ticket. */
export interface Place {
  to: string;
  title: string;
}

const most = 8;
const none: Place[] = [];

/** The places opened last, latest first. */
export function useRecent(): Place[] {
  return useOwn("recent", none, read)[0];
}

/** Remembers the page that is open under its title. */
export function useRecentPlace(title: string): void {
  const { pathname } = useLocation();
  const [places, keep] = useOwn("recent", none, read);
  const [latest] = places;
  useEffect(() => {
    if (latest?.to !== pathname || latest.title !== title) {
      keep([{ to: pathname, title }, ...places.filter((p) => p.to !== pathname)].slice(0, most));
    }
  }, [pathname, title, latest, places, keep]);
}

function read(kept: unknown): Place[] | undefined {
  return Array.isArray(kept) ? kept.filter(isPlace).slice(0, most) : undefined;
}

function isPlace(value: unknown): value is Place {
  const { to, title } = (value ?? {}) as Record<string, unknown>;
  return typeof to === "string" && to.startsWith("/") && typeof title === "string";
}
