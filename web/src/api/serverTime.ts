// The difference between this computer's clock and the server's, taken from the Date header of answers.
// Without it a countdown on a computer that is two minutes off would be two minutes off.

let offset = 0;
let known = false;

/** Learns from one answer. A header has whole seconds, so small differences are left alone. */
export function learnServerTime(header: string | null, now = Date.now()): void {
  const at = header ? Date.parse(header) : Number.NaN;
  if (Number.isNaN(at)) {
    return;
  }
  const seen = at + 500 - now;
  if (!known || Math.abs(seen - offset) > 1500) {
    offset = Math.abs(seen) < 1500 ? 0 : seen;
    known = true;
  }
}

/** Now, by the server's clock as far as it is known. */
export function serverNow(): Date {
  return new Date(Date.now() + offset);
}
