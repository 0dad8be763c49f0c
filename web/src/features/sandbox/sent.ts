import { useSyncExternalStore } from "react";
import type { SandboxMessage } from "@/api/types";

// What was typed as the contact. A carrier keeps no copy of what it has handed over, so the phone does, as long as the tab lives.
const key = "cs-phone-sent";
const most = 100;
const listeners = new Set<() => void>();
let messages: readonly SandboxMessage[] = read();

function read(): readonly SandboxMessage[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    return Array.isArray(stored) ? (stored as SandboxMessage[]) : [];
  } catch {
    return [];
  }
}

/** Keeps a message that was handed to the carrier. */
export function keepSent(message: SandboxMessage): void {
  messages = [...messages, message].slice(-most);
  try {
    sessionStorage.setItem(key, JSON.stringify(messages));
  } catch {
    // Kept as long as the page is open.
  }
  for (const listener of listeners) {
    listener();
  }
}

/** Everything typed on the phone in this tab. */
export function useSent(): readonly SandboxMessage[] {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => messages,
  );
}
