// Times of grants as the fields of the browser write them: to the minute, in the zone of this computer.

/** An instant as a field for date and time shows it; empty for none. */
export function toField(at: string | undefined): string {
  if (!at) {
    return "";
  }
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The instant that a field for date and time means; undefined for none. */
export function fromField(text: string): string | undefined {
  const at = new Date(text);
  return text === "" || Number.isNaN(at.getTime()) ? undefined : at.toISOString();
}

/** Whether a span of two fields is one: it ends after it begins. */
export function isSpan(from: string, until: string): boolean {
  return from === "" || until === "" || new Date(from) < new Date(until);
}

/** How a span stands at a moment. A right is dead at its end, not after it. */
export function stateOf({ not_before, expires_at }: { not_before?: string; expires_at?: string }, now: Date): "active" | "waiting" | "expired" {
  if (expires_at && now >= new Date(expires_at)) {
    return "expired";
  }
  return not_before && now < new Date(not_before) ? "waiting" : "active";
}

/** Whether a time is less than some days ago. */
export function isYounger(at: string, days: number): boolean {
  return Date.now() - Date.parse(at) < days * 86_400_000;
}
