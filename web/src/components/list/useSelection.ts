import { type QueryKey, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Page } from "@/api/types";
import type { Selection } from "./BulkBar";
import { type Chosen, nothing, stateOf, toggle, toggleRange, toggleShown } from "./selection";

/** What the rows of a list need to be choosable. */
export interface Choosing {
  has: (id: string) => boolean;
  toggle: (id: string, range: boolean) => void;
  shown: "all" | "some" | "none";
  toggleShown: () => void;
}

interface Props<T> {
  queryKey: QueryKey;
  rows: T[];
  rowId: (row: T) => string;
  filter: Record<string, string>;
  /** One page of what matches, for counting. */
  page: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<T>>;
  enabled: boolean;
}

// Beyond this the exact number no longer helps anybody to decide.
const countable = 2000;

/** The rows chosen in a list. Another search or filter starts anew, since what was chosen is no longer in sight. */
export function useSelection<T>({ queryKey, rows, rowId, filter, page, enabled }: Props<T>): { selection: Selection<T> | null; choosing?: Choosing; chooseAll: () => void } {
  const [chosen, setChosen] = useState<Chosen>(nothing);
  const about = JSON.stringify(filter);
  const [before, setBefore] = useState(about);
  if (before !== about) {
    setBefore(about);
    setChosen(nothing);
  }
  const counted = useQuery({ queryKey: [...queryKey, "count", about], queryFn: ({ signal }) => countAll(page, signal), enabled: chosen.all, gcTime: 0, staleTime: 0 });
  if (!enabled) {
    return { selection: null, chooseAll: () => {} };
  }
  const shown = rows.map(rowId);
  const on = rows.filter((row) => chosen.all || chosen.ids.has(rowId(row)));
  const selection =
    on.length === 0
      ? null
      : {
          all: chosen.all,
          ids: chosen.all ? [] : on.map(rowId),
          rows: on,
          filter,
          count: chosen.all ? (counted.data ?? null) : on.length,
          clear: () => setChosen(nothing),
        };
  return {
    selection,
    choosing: {
      has: (id) => chosen.all || chosen.ids.has(id),
      toggle: (id, range) => setChosen((old) => (range ? toggleRange : toggle)(old, id, shown)),
      shown: stateOf(chosen, shown),
      toggleShown: () => setChosen((old) => toggleShown(old, shown)),
    },
    chooseAll: () => setChosen({ ids: new Set(), anchor: null, all: true }),
  };
}

/** Counts what matches, one page after the other; null when it is more than can be counted in a moment. */
async function countAll<T>(page: Props<T>["page"], signal: AbortSignal, before = 0, cursor?: string): Promise<number | null> {
  const { items, next_cursor } = await page(cursor, signal);
  const count = before + items.length;
  if (!next_cursor) {
    return count;
  }
  return count > countable ? null : countAll(page, signal, count, next_cursor);
}
