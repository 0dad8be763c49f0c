import { type RefObject, useEffect, useRef } from "react";
import { isTyping } from "@/app/keys";

interface Keys {
  /** x, with or without Shift, on the row of this id. */
  onSelect?: (id: string, range: boolean) => void;
  /** Escape while rows are chosen. */
  onClear?: () => void;
}

/** j and k move over the rows of a list and x chooses one; Enter is the row's own, since each is a link or a button. */
export function useListKeys(container: RefObject<HTMLElement | null>, keys: Keys = {}): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) {
        return;
      }
      const { onSelect, onClear } = latest.current;
      const here = container.current?.contains(document.activeElement) ? document.activeElement?.closest<HTMLElement>("[data-id]") : null;
      if (event.key === "j" || event.key === "k") {
        move(container.current, event.key === "j" ? 1 : -1);
      } else if (event.key.toLowerCase() === "x" && here?.dataset.id && onSelect) {
        onSelect(here.dataset.id, event.shiftKey);
      } else if (event.key === "Escape" && onClear) {
        onClear();
      } else {
        return;
      }
      event.preventDefault();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [container]);
}

function move(container: HTMLElement | null, by: 1 | -1) {
  const rows = [...(container?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
  const active = document.activeElement;
  const at = rows.findIndex((row) => row === active || row.closest("[data-id]")?.contains(active));
  const next = rows[Math.max(0, Math.min(at + by, rows.length - 1))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}
