// Words and numbers for times. All take the language, so that they can be tested without a browser's.

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "3 minutes ago", "in 2 hours"; under a minute "now". */
export function relative(at: Date, now: Date, language: string): string {
  const seconds = Math.round((at.getTime() - now.getTime()) / 1000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "long" });
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) {
      return format.format(Math.trunc(seconds / size), unit);
    }
  }
  return format.format(0, "second");
}

/** Date and time with the zone's name. */
export function absolute(at: Date, language: string, zone?: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long", ...zoned(zone) }).format(at);
}

/** The time of day; with the date when it is not today. */
export function clock(at: Date, now: Date, language: string, zone?: string): string {
  const day = new Intl.DateTimeFormat(language, { dateStyle: "short", ...zoned(zone) });
  const today = day.format(at) === day.format(now);
  return new Intl.DateTimeFormat(language, { ...(today ? {} : { dateStyle: "short" as const }), timeStyle: "short", ...zoned(zone) }).format(at);
}

function zoned(zone?: string): { timeZone?: string } {
  if (!zone) {
    return {};
  }
  try {
    Intl.DateTimeFormat("en", { timeZone: zone });
    return { timeZone: zone };
  } catch {
    return {};
  }
}

/** Whole seconds left until `end`, never negative. */
export function secondsLeft(end: string, now: Date): number {
  return Math.max(0, Math.ceil((Date.parse(end) - now.getTime()) / 1000));
}

/** 299 is "4:59". */
export function minutesSeconds(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Seconds until all is done, judged by what was done so far; null while it is too early to say. */
export function timeLeft(started: Date, now: Date, done: number, total: number): number | null {
  const passed = (now.getTime() - started.getTime()) / 1000;
  if (done <= 0 || total <= done || passed < 2) {
    return null;
  }
  return Math.ceil((passed / done) * (total - done));
}

/** "40 seconds", "3 minutes", "2 hours": one unit, rounded up, since nobody minds being done early. */
export function duration(seconds: number, language: string): string {
  const [unit, size] = seconds < 60 ? (["second", 1] as const) : seconds < 5400 ? (["minute", 60] as const) : (["hour", 3600] as const);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long" }).format(Math.ceil(seconds / size));
}
