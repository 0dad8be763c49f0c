import type { Verification } from "@/api/types";

// The number to speak comes only with the answer that starts a link; a reload of the page must not lose it while the link lives.
const key = "cs-spoken";

/** Keeps the number of a link that was just started. */
export function remember(verification: Verification): void {
  if (verification.spoken_number) {
    try {
      sessionStorage.setItem(key, JSON.stringify([verification.id, verification.spoken_number]));
    } catch {
      // It is still on screen until the page is left.
      memory = [verification.id, verification.spoken_number];
    }
  }
}

let memory: [string, string] | null = null;

/** The number to speak for a link that was started in this tab. */
export function spokenNumber(verification: Verification): string | null {
  if (verification.spoken_number) {
    return verification.spoken_number;
  }
  try {
    const [id, number] = JSON.parse(sessionStorage.getItem(key) ?? "[]") as [string?, string?];
    return id === verification.id ? (number ?? null) : null;
  } catch {
    return memory?.[0] === verification.id ? memory[1] : null;
  }
}
