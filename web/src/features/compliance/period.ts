/** Periods that are one click away; the first is what the page begins with. */
export const lengths = [30, 7, 90] as const;

/** Today where the organization is: `YYYY-MM-DD`. */
export function today(now: Date, zone: string): string {
  const parts = new Intl.DateTimeFormat("en", { timeZone: known(zone), year: "numeric", month: "2-digit", day: "2-digit" }).formatToParts(now);
  const of = (type: string) => parts.find((p) => p.type === type)?.value ?? "";
  return `${of("year")}-${of("month")}-${of("day")}`;
}

function known(zone: string): string | undefined {
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
    return zone;
  } catch {
    return undefined;
  }
}

/** A day so many days later. */
export function addDays(day: string, days: number): string {
  const at = new Date(`${day}T00:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}

export interface Search {
  days?: string;
  from?: string;
  to?: string;
}

/** What the server is asked for, from what is in the URL. */
export function periodOf(search: Search, now: Date, zone: string): { from?: string; to?: string } {
  if (search.from || search.to) {
    return { ...(search.from && { from: search.from }), ...(search.to && { to: search.to }) };
  }
  const days = lengths.find((n) => String(n) === search.days) ?? lengths[0];
  const to = today(now, zone);
  return { from: addDays(to, 1 - days), to };
}

/** "62 %"; null without a whole. */
export function share(part: number, whole: number, language: string): string | null {
  return whole === 0 ? null : new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: part > 0 && part / whole < 0.1 ? 1 : 0 }).format(part / whole);
}

/** Days in so many groups of neighbours that a chart can show them. */
export function groups<T>(days: readonly T[], most: number): T[][] {
  const size = Math.max(1, Math.ceil(days.length / most));
  const out: T[][] = [];
  for (let i = 0; i < days.length; i += size) {
    out.push(days.slice(i, i + size));
  }
  return out;
}
