/** Seconds before the end at which the warning comes. */
export const warnAhead = 120;

/** When a session ends, and whether using it can put that off. A token has no session and no end to warn of. */
export function endOf(session: { expires_at: string; idle_expires_at: string } | null): { at: string; final: boolean } | null {
  if (!session) {
    return null;
  }
  const final = Date.parse(session.expires_at) <= Date.parse(session.idle_expires_at);
  return { at: final ? session.expires_at : session.idle_expires_at, final };
}

const active = 5 * 60_000;
let lastTouched = 0;

const events = ["keydown", "pointerdown"] as const;

function touch(): void {
  lastTouched = Date.now();
}

/** Notices keys and clicks, until the returned function is called. */
export function watchActivity(): () => void {
  for (const event of events) {
    addEventListener(event, touch, { passive: true });
  }
  return () => {
    for (const event of events) {
      removeEventListener(event, touch);
    }
  };
}

/** Whether somebody has used this page in the last minutes. */
export function isActive(): boolean {
  return Date.now() - lastTouched < active;
}
