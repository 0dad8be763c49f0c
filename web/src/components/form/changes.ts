/** The top-level fields of `now` that differ from `before`. */
export function changesOf<T extends Record<string, unknown>>(before: T, now: T): Partial<T> {
  const changed: Partial<T> = {};
  for (const key of Object.keys(now) as (keyof T)[]) {
    if (JSON.stringify(before[key]) !== JSON.stringify(now[key])) {
      changed[key] = now[key];
    }
  }
  return changed;
}

/** Every path in the values of a form: `name`, `phones`, `phones.0`, `phones.0.number`. */
export function pathsOf(values: unknown, prefix = ""): string[] {
  if (typeof values !== "object" || values === null) {
    return [];
  }
  return Object.entries(values).flatMap(([key, value]) => {
    const path = prefix ? `${prefix}.${key}` : key;
    return [path, ...pathsOf(value, path)];
  });
}
