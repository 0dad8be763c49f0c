/** Which rows of a list are chosen: some of those on screen, or everything that matches the filter. */
export interface Chosen {
  ids: ReadonlySet<string>;
  /** Where a range begins: the row that was touched last. */
  anchor: string | null;
  all: boolean;
}

export const nothing: Chosen = { ids: new Set(), anchor: null, all: false };

/** Chooses a row, or no longer. From "everything" it falls back to what is on screen. */
export function toggle(chosen: Chosen, id: string, shown: readonly string[]): Chosen {
  const ids = new Set(chosen.all ? shown : chosen.ids);
  if (!ids.delete(id)) {
    ids.add(id);
  }
  return { ids, anchor: id, all: false };
}

/** Brings everything between the anchor and `id` into the state that `id` gets. Without an anchor on screen it is one row. */
export function toggleRange(chosen: Chosen, id: string, shown: readonly string[]): Chosen {
  const from = chosen.anchor === null ? -1 : shown.indexOf(chosen.anchor);
  const to = shown.indexOf(id);
  if (from < 0 || to < 0) {
    return toggle(chosen, id, shown);
  }
  const ids = new Set(chosen.all ? shown : chosen.ids);
  const add = !ids.has(id);
  for (const each of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) {
    if (add) {
      ids.add(each);
    } else {
      ids.delete(each);
    }
  }
  return { ids, anchor: id, all: false };
}

/** Chooses all rows on screen; none when all were chosen. */
export function toggleShown(chosen: Chosen, shown: readonly string[]): Chosen {
  return stateOf(chosen, shown) === "all" ? nothing : { ids: new Set(shown), anchor: null, all: false };
}

/** Whether all, some, or none of the rows on screen are chosen. */
export function stateOf(chosen: Chosen, shown: readonly string[]): "all" | "some" | "none" {
  if (chosen.all) {
    return "all";
  }
  const count = shown.filter((id) => chosen.ids.has(id)).length;
  return count === 0 ? "none" : count === shown.length ? "all" : "some";
}
