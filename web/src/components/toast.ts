import { useSyncExternalStore } from "react";
import type { Tone } from "./StateBadge";

export interface Toast {
  id: number;
  tone: Tone;
  text: string;
}

const life = 8000;
let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function set(list: readonly Toast[]): void {
  toasts = list;
  for (const listener of listeners) {
    listener();
  }
}

/** Says something in the corner for eight seconds. */
export function toast(text: string, tone: Tone = "verified"): void {
  const id = next++;
  set([...toasts, { id, tone, text }]);
  setTimeout(() => dismiss(id), life);
}

/** Takes a message away before its time. */
export function dismiss(id: number): void {
  set(toasts.filter((t) => t.id !== id));
}

/** The messages to show now. */
export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => toasts,
  );
}
