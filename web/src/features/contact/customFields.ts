/** One field of the organization's own, as the form holds it. */
export interface CustomField {
  name: string;
  value: string;
}

/** The fields in the order of their names. */
export function rowsOf(fields: Record<string, string>): CustomField[] {
  return Object.entries(fields)
    .map(([name, value]) => ({ name, value }))
    .toSorted((a, b) => a.name.localeCompare(b.name));
}

/** The rows as the server takes them; without a name or a value it is none. */
export function fieldsOf(rows: readonly CustomField[]): Record<string, string> {
  return Object.fromEntries(rows.map(({ name, value }) => [name.trim(), value.trim()]).filter(([name, value]) => name && value));
}

/** What a change has to say: in a merge patch a field goes away only by being null. */
export function fieldChanges(before: Record<string, string>, rows: readonly CustomField[]): Record<string, string | null> {
  const after = fieldsOf(rows);
  const gone = Object.keys(before).filter((name) => !(name in after));
  return { ...after, ...Object.fromEntries(gone.map((name) => [name, null])) };
}
