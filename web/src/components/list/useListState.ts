import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

export interface ListState {
  q: string;
  sort?: string;
  filters: Record<string, string | undefined>;
  setQ: (q: string) => void;
  setSort: (sort: string) => void;
  setFilter: (key: string, value: string | undefined) => void;
  clear: () => void;
  /** Search, filters and sort as they are in the URL, without what is empty. */
  now: Record<string, string>;
  /** Replaces all of them. */
  open: (now: Record<string, string>) => void;
}

/** The state of a list lives in the URL, so that it can be shared, bookmarked, and found again with Back. */
export function useListState(filterKeys: readonly string[]): ListState {
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const keys = filterKeys.join(",");

  const change = useCallback(
    (values: Record<string, string | undefined>) => {
      void navigate({
        to: ".",
        search: ((old: Record<string, string | undefined>) => withoutEmpty({ ...old, ...values })) as never,
        replace: true,
        resetScroll: false,
      });
    },
    [navigate],
  );

  return useMemo(() => {
    const names = keys ? keys.split(",") : [];
    const all = ["q", "sort", ...names];
    return {
      q: search.q ?? "",
      sort: search.sort,
      filters: Object.fromEntries(names.map((key) => [key, search[key]])),
      setQ: (q) => change({ q }),
      setSort: (sort) => change({ sort }),
      setFilter: (key, value) => change({ [key]: value }),
      clear: () => change({ q: undefined, ...Object.fromEntries(names.map((key) => [key, undefined])) }),
      now: withoutEmpty(Object.fromEntries(all.map((key) => [key, search[key]]))),
      open: (now) => change(Object.fromEntries(all.map((key) => [key, now[key]]))),
    };
  }, [search, keys, change]);
}

function withoutEmpty(values: Record<string, string | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => Boolean(entry[1])));
}

/** Reads the search part of a list's URL: texts only, everything else is dropped. */
export function listSearch(search: Record<string, unknown>): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [key, value] of Object.entries(search)) {
    if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      texts[key] = String(value);
    }
  }
  return texts;
}
