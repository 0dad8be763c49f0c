// What pages load by themselves must not keep a session alive that nobody uses.

/** How long after the last key or touch somebody still counts as being there. */
const presence = 60_000;

let touched = Date.now();

if (typeof document !== "undefined") {
  for (const sign of ["keydown", "pointerdown", "pointermove", "wheel"]) {
    document.addEventListener(sign, () => (touched = Date.now()), { capture: true, passive: true });
  }
}

/** Whether somebody works on this page now. */
export function isAttended(): boolean {
  return Date.now() - touched < presence;
}
