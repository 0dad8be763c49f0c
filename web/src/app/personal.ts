import { useCallback, useMemo } from "react";
import { useMe } from "./me";
import { usePreference } from "./preference";

/**
 * A choice that belongs to the person, not to the browser: chosen columns, saved views, dismissed hints.
 * `read` makes a value of whatever was kept, and answers undefined to what it does not understand.
 */
export function usePersonal<T>(key: string, initial: T, read: (kept: unknown) => T | undefined): [T, (value: T) => void] {
  const me = useMe();
  const [text, setText] = usePreference(`cs-own-${me?.technician.id ?? ""}-${key}`, "");
  const value = useMemo(() => (text === "" ? undefined : read(parse(text))) ?? initial, [text, read, initial]);
  return [value, useCallback((next: T) => setText(JSON.stringify(next)), [setText])];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
