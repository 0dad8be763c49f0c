import type { Column } from "./Rows";

/** What a person has chosen for a list: the order of the columns, those put away, and optional ones brought in. */
export interface ColumnChoice {
  order: readonly string[];
  hidden: readonly string[];
  added: readonly string[];
}

export const asDesigned: ColumnChoice = { order: [], hidden: [], added: [] };

/** Reads a kept choice; undefined when it is something else. */
export function readColumnChoice(kept: unknown): ColumnChoice | undefined {
  if (typeof kept !== "object" || kept === null) {
    return undefined;
  }
  const { order, hidden, added } = kept as Record<string, unknown>;
  return { order: texts(order), hidden: texts(hidden), added: texts(added) };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((x) => typeof x === "string") : [];
}

export interface Arranged<T> {
  column: Column<T>;
  shown: boolean;
  /** The first column names the row and leads to it: it stays where it is. */
  fixed: boolean;
}

/**
 * All columns in the order of the person. A column that is new since the choice was made stands where it was designed;
 * one that no longer exists is forgotten.
 */
export function arrange<T>(columns: readonly Column<T>[], choice: ColumnChoice): Arranged<T>[] {
  const [first, ...rest] = columns;
  if (!first) {
    return [];
  }
  const chosen = choice.order.map((key) => rest.find((c) => c.key === key)).filter((c) => c !== undefined);
  const ordered = [...chosen];
  for (const [i, column] of rest.entries()) {
    if (!ordered.includes(column)) {
      const before = rest.slice(0, i).findLast((c) => ordered.includes(c));
      ordered.splice(before ? ordered.indexOf(before) + 1 : 0, 0, column);
    }
  }
  return [
    { column: first, shown: true, fixed: true },
    ...ordered.map((column) => ({ column, shown: isShown(column, choice), fixed: false })),
  ];
}

function isShown<T>(column: Column<T>, choice: ColumnChoice): boolean {
  return column.optional ? choice.added.includes(column.key) : !choice.hidden.includes(column.key);
}

/** Shows a column that was away, or the other way round. */
export function toggleColumn<T>(columns: readonly Column<T>[], choice: ColumnChoice, key: string): ColumnChoice {
  const optional = columns.find((c) => c.key === key)?.optional;
  const list = optional ? choice.added : choice.hidden;
  const next = list.includes(key) ? list.filter((k) => k !== key) : [...list, key];
  return optional ? { ...choice, added: next } : { ...choice, hidden: next };
}

/** Moves a column one place; not before the first and not past the end. */
export function moveColumn<T>(columns: readonly Column<T>[], choice: ColumnChoice, key: string, by: 1 | -1): ColumnChoice {
  const order = arrange(columns, choice)
    .filter((a) => !a.fixed)
    .map((a) => a.column.key);
  const from = order.indexOf(key);
  const to = from + by;
  if (from < 0 || to < 0 || to >= order.length) {
    return choice;
  }
  order.splice(to, 0, ...order.splice(from, 1));
  return { ...choice, order };
}
