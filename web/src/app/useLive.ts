import { useEffect, useRef, useSyncExternalStore } from "react";
import type { LiveEvent, LiveState } from "@/api/live";
import { live } from "./services";

/** How the stream of events is doing. */
export function useLiveState(): LiveState {
  return useSyncExternalStore(live.subscribe, live.snapshot);
}

/** Calls `handler` for each event. */
export function useLiveEvents(handler: (event: LiveEvent) => void): void {
  const latest = useRef(handler);
  useEffect(() => {
    latest.current = handler;
  });
  useEffect(() => live.watch((event) => latest.current(event)), []);
}
