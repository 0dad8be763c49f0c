import type { ReactNode } from "react";

/** The error of a field that holds a list: its own, or that of the first entry that has one. */
export function listError(errors: Record<string, ReactNode>, field: string): ReactNode {
  return errors[field] ?? Object.entries(errors).find(([path]) => path.startsWith(`${field}.`))?.[1];
}
