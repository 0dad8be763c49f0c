import { useSyncExternalStore } from "react";
import type { Tone } from "./StateBadge";

export interface Toast {
  id: number;
  tone: Tone;
  text: string;
  action?: { label: string; run: () => void };
}

const life = 8000;
let toasts: readonly Toast[] = [];
let next = 1;
let held = false;
const listeners = new Set<() => void>();
const clocks = new Map<number, ReturnType<typeof setTimeout>>();

function set(list: readonly Toast[]): void {
  toasts = list;
  for (const listener of listeners) {
    listener();
  }
}

/** Says something in the corner for eight seconds. */
export function toast(text: string, tone: Tone = "verified", action?: Toast["action"]): void {
  const id = next++;
  set([...toasts, { id, tone, text, action }]);
  wind(id);
}

/** Says what was done, and offers for eight seconds to take it back; `undo` does so by another change. */
export function toastUndo(text: string, label: string, undo: () => void): void {
  toast(text, "neutral", { label, run: undo });
}

/** Takes a message away before its time. */
export function dismiss(id: number): void {
  clearTimeout(clocks.get(id));
  clocks.delete(id);
  set(toasts.filter((t) => t.id !== id));
}

/** While somebody points at the messages or is in them, none goes away. */
export function hold(on: boolean): void {
  if (on === held) {
    return;
  }
  held = on;
  for (const { id } of toasts) {
    clearTimeout(clocks.get(id));
    if (!on) {
      wind(id);
    }
  }
}

function wind(id: number): void {
  if (!held) {
    clocks.set(
      id,
      setTimeout(() => dismiss(id), life),
    );
  }
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
