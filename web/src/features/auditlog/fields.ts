import type { TFunction } from "i18next";

// The fields that people know by a name of the console.
const known: Record<string, string> = {
  name: "contact.name",
  job_title: "technician.job",
  phone: "technician.phone",
  email: "technician.email",
};

/** A field of a record in words; one that has none keeps its name. */
export function fieldText(field: string, t: TFunction): string {
  const key = known[field];
  return key ? t(key as "audit.field", { defaultValue: field }) : field.replaceAll("_", " ");
}
