const opener = new EventTarget();

/** Opens the command palette. */
export function openPalette(): void {
  opener.dispatchEvent(new Event("open"));
}

/** Calls `listener` when the palette is wanted: by its button, or by Ctrl-K anywhere, also in a field. */
export function onPalette(listener: () => void): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      listener();
    }
  };
  document.addEventListener("keydown", onKey);
  opener.addEventListener("open", listener);
  return () => {
    document.removeEventListener("keydown", onKey);
    opener.removeEventListener("open", listener);
  };
}
