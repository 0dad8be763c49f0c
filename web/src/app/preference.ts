import { useCallback, useSyncExternalStore } from "react";

// Small choices that belong to this browser: a folded navigation, a muted sound.
const listeners = new Set<() => void>();
const memory = new Map<string, string>();

function get(key: string): string | null {
  try {
    return localStorage.getItem(key) ?? memory.get(key) ?? null;
  } catch {
    return memory.get(key) ?? null;
  }
}

/** Remembers a choice in this browser. */
export function setPreference(key: string, value: string): void {
  memory.set(key, value);
  try {
    localStorage.setItem(key, value);
  } catch {
    // Kept in memory.
  }
  for (const listener of listeners) {
    listener();
  }
}

/** A choice that is kept in this browser, alike in every part of the page. */
export function usePreference(key: string, initial: string): [string, (value: string) => void] {
  const value = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => get(key) ?? initial,
  );
  return [value, useCallback((next: string) => setPreference(key, next), [key])];
}
