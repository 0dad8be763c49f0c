import { queryOptions, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";
import { useMe } from "./me";
import { usePreference } from "./preference";
import { queries } from "./services";

type Kept = Record<string, unknown>;

const preferencesQuery = queryOptions({
  queryKey: ["preferences"],
  queryFn: async () => (await must(api.GET("/api/me/preferences"))) as Kept,
  staleTime: 300_000,
});

/**
 * A choice that follows the person to every computer: chosen columns, saved views, dismissed hints.
 * `read` makes a value of whatever was kept, and answers undefined to what it does not understand.
 * A copy in this browser stands in until the server has answered, so that nothing on the page moves then.
 */
export function usePersonal<T>(key: string, initial: T, read: (kept: unknown) => T | undefined): [T, (value: T) => void] {
  const { t } = useTranslation();
  const [copy, setCopy] = useOwn<unknown>(key, undefined, asIs);
  const { data } = useQuery(preferencesQuery);
  const kept = data ? data[key] : copy;
  const value = useMemo(() => read(kept) ?? initial, [kept, read, initial]);
  const set = useCallback(
    (next: T) => {
      queries.setQueryData<Kept>(preferencesQuery.queryKey, (old) => old && { ...old, [key]: next });
      setCopy(next);
      must(api.PUT("/api/me/preferences/{key}", { params: { path: { key } }, body: next as never })).catch((error: unknown) => {
        toast(problemText(error, t), "denied");
        void queries.invalidateQueries({ queryKey: preferencesQuery.queryKey });
      });
    },
    [key, setCopy, t],
  );
  return [value, set];
}

/** A choice of this person in this browser only: where they were last. */
export function useOwn<T>(key: string, initial: T, read: (kept: unknown) => T | undefined): [T, (value: T) => void] {
  const me = useMe();
  const [text, setText] = usePreference(`cs-own-${me?.technician.id ?? ""}-${key}`, "");
  const value = useMemo(() => (text === "" ? undefined : read(parse(text))) ?? initial, [text, read, initial]);
  return [value, useCallback((next: T) => setText(JSON.stringify(next)), [setText])];
}

function asIs(kept: unknown): unknown {
  return kept;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
