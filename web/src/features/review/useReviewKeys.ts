import { type RefObject, useEffect, useRef } from "react";
import { isTyping } from "@/app/keys";

export interface ReviewKeys {
  onConfirm: (id: string | null) => void;
  onRevoke: (id: string | null) => void;
  onFlag: (id: string | null) => void;
  onUndo: (id: string | null) => void;
  onSelect: (id: string, range: boolean) => void;
  onPerson: (id: string) => void;
  onClear: () => void;
  /** The row at this place was reached. */
  onReach: (at: number) => void;
}

/** j, k and the arrows move over the rows; c confirms, r takes away, f marks a platform role for a change, u undoes, x chooses, a chooses all of one person, Escape none. */
export function useReviewKeys(container: RefObject<HTMLElement | null>, keys: ReviewKeys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    let went = 0;
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      const { onConfirm, onRevoke, onFlag, onUndo, onSelect, onPerson, onClear, onReach } = latest.current;
      const here = (container.current?.contains(document.activeElement) && document.activeElement?.closest<HTMLElement>("[data-id]")?.dataset.id) || null;
      if (event.key === "g") {
        went = Date.now(); // the next letter leads to another page
        return;
      }
      if (Date.now() - went < 1200) {
        went = 0;
        return;
      }
      switch (event.key) {
        case "j":
        case "ArrowDown":
          onReach(step(container.current, 1));
          break;
        case "k":
        case "ArrowUp":
          onReach(step(container.current, -1));
          break;
        case "c":
          onConfirm(here);
          break;
        case "r":
          onRevoke(here);
          break;
        case "f":
          onFlag(here);
          break;
        case "u":
          onUndo(here);
          break;
        case "x":
        case "X":
          if (here) {
            onSelect(here, event.shiftKey);
          }
          break;
        case "a":
          if (here) {
            onPerson(here);
          }
          break;
        case "Escape":
          onClear();
          break;
        default:
          return;
      }
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [container]);
}

const rowsOf = (container: HTMLElement | null) => [...(container?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];

/** Moves to the row before or behind, and says its place. */
function step(container: HTMLElement | null, by: 1 | -1): number {
  const rows = rowsOf(container);
  const at = rows.findIndex((row) => row.closest("[data-id]")?.contains(document.activeElement));
  return focusRow(rows, at < 0 ? 0 : Math.max(0, Math.min(at + by, rows.length - 1)));
}

function focusRow(rows: HTMLElement[], at: number): number {
  rows[at]?.focus();
  rows[at]?.closest("[data-id]")?.scrollIntoView({ block: "nearest" });
  return at;
}

/** Moves on to the next row behind `id` that nobody has answered, and says its place. */
export function focusOpen(container: HTMLElement | null, id: string): number {
  const rows = rowsOf(container);
  const at = rows.findIndex((row) => row.closest<HTMLElement>("[data-id]")?.dataset.id === id);
  const next = rows.findIndex((row, n) => n > at && row.closest<HTMLElement>("[data-id]")?.dataset.open === "true");
  return focusRow(rows, next < 0 ? Math.min(at + 1, rows.length - 1) : next);
}
