type Tree = { readonly [key: string]: string | Tree };

/**
 * Adds the form that French uses from a million on (`_many`), which reads like the plural here.
 * Without it a list of a million would speak English.
 */
export function withMany(texts: Tree): Tree {
  const all: Record<string, string | Tree> = {};
  for (const [key, value] of Object.entries(texts)) {
    all[key] = typeof value === "string" ? value : withMany(value);
    if (key.endsWith("_other")) {
      all[key.replace(/_other$/, "_many")] = value;
    }
  }
  return all;
}
