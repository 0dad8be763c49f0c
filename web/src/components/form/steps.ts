/** The required fields among `fields` that are still empty, with their labels. */
export function missingOf(values: Record<string, unknown>, required: Partial<Record<string, string>>, fields: readonly string[]): [path: string, label: string][] {
  return Object.entries(required).flatMap(([path, label]) => (fields.includes(path) && isEmpty(values[path]) ? [[path, label ?? path] as [string, string]] : []));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) ? value.length === 0 : String(value).trim() === "");
}

/** The first step that one of these paths belongs to: `phones.0.number` belongs to the step of `phones`. */
export function stepOf(steps: readonly { fields: readonly string[] }[], paths: readonly string[]): number | undefined {
  const at = steps.findIndex((step) => paths.some((path) => step.fields.includes(path.split(".")[0] ?? "")));
  return at < 0 ? undefined : at;
}
