/** Whether a key press belongs to a field or to an open dialog, and so is not a shortcut. */
export function isTyping(event: KeyboardEvent): boolean {
  const target = event.target as HTMLElement | null;
  return (
    event.defaultPrevented ||
    event.isComposing ||
    (target?.isContentEditable ?? false) ||
    target?.closest("input:not([type=checkbox], [type=radio]), textarea, select, [role=menu], [role=listbox]") !== null ||
    document.querySelector("[role=dialog][aria-modal=true]") !== null
  );
}
