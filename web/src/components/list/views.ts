/** A search with its filters and sort under a name. */
export interface View {
  name: string;
  search: Record<string, string>;
}

const most = 20;

export const noViews: View[] = [];

/** Reads kept views; what is not one is left out. */
export function readViews(kept: unknown): View[] | undefined {
  if (!Array.isArray(kept)) {
    return undefined;
  }
  return kept.filter(isView).slice(0, most);
}

function isView(value: unknown): value is View {
  const { name, search } = (value ?? {}) as Record<string, unknown>;
  return typeof name === "string" && typeof search === "object" && search !== null && Object.values(search).every((x) => typeof x === "string");
}

/** Keeps a view; one of the same name is replaced. */
export function withView(views: readonly View[], view: View): View[] {
  return [...withoutView(views, view.name), view].toSorted((a, b) => a.name.localeCompare(b.name)).slice(0, most);
}

/** Forgets a view. */
export function withoutView(views: readonly View[], name: string): View[] {
  return views.filter((v) => v.name !== name);
}

/** Whether two searches ask for the same. */
export function sameSearch(a: Record<string, string>, b: Record<string, string>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
