import { queryOptions } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { api, must } from "@/api/client";
import type { Import, ImportRow } from "@/api/types";
import { queries } from "@/app/services";

export const kinds = ["customers", "contacts", "technicians", "devices"] as const;
export type Kind = (typeof kinds)[number];

/** What one needs, beside the right to import, for each kind. */
export const needs: Record<Kind, string> = { customers: "admin.customers", contacts: "contact.edit", technicians: "admin.technicians", devices: "admin.devices" };

export const isKind = (kind: string): kind is Kind => (kinds as readonly string[]).includes(kind);

/** One import; while something works on it, it is asked for again and again, should an event be lost. */
export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ["imports", id],
    queryFn: () => must(api.GET("/api/imports/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data && isBusy(query.state.data) ? 1500 : false),
  });

export const isBusy = (i: Import): boolean => i.state === "checking" || i.state === "applying";

/** Brings a file to the server. */
export async function upload(kind: Kind, file: File): Promise<Import> {
  const options = { params: { query: { file_name: file.name } }, body: file as unknown as string, bodySerializer: (body: unknown) => body as string, headers: { "Content-Type": "text/csv" } };
  return renew(await must(api.POST(`/api/${kind}/import`, options)));
}

/** Says which column is which field. */
export async function map(i: Import, mapping: Import["mapping"], options: Import["options"]): Promise<Import> {
  return renew(await must(api.PUT("/api/imports/{id}/mapping", { params: { path: { id: i.id } }, body: { mapping, options } })));
}

export const check = async (i: Import): Promise<Import> => renew(await must(api.POST("/api/imports/{id}/check", { params: { path: { id: i.id } } })));
export const apply = async (i: Import): Promise<Import> => renew(await must(api.POST("/api/imports/{id}/apply", { params: { path: { id: i.id } } })));
export const stop = async (i: Import): Promise<Import> => renew(await must(api.POST("/api/imports/{id}/cancel", { params: { path: { id: i.id } } })));

/** Forgets a file; what it brought in stays. */
export async function forget(i: Import): Promise<void> {
  await must(api.DELETE("/api/imports/{id}", { params: { path: { id: i.id } } }));
  queries.removeQueries({ queryKey: ["imports", i.id] });
  void queries.invalidateQueries({ queryKey: ["imports"] });
}

function renew(i: Import): Import {
  queries.setQueryData(importQuery(i.id).queryKey, i);
  void queries.invalidateQueries({ queryKey: ["imports"], predicate: (query) => query.queryKey[1] !== i.id });
  void queries.invalidateQueries({ queryKey: ["tasks"] });
  return i;
}

/** A field of a kind, in words. */
export function fieldName(name: string, t: TFunction): string {
  return name.startsWith("custom:") ? name.slice(7) : t(`import.field.${name}` as "import.field.name", { defaultValue: name });
}

/** Why a row was refused, in the language of the console as far as it has the words. */
export function rowReason(row: ImportRow, t: TFunction): string {
  if (!row.reason) {
    return "";
  }
  const why = t(`reason.${row.reason.replaceAll(".", "_")}` as "reason.access_denied", { defaultValue: row.message, line: /\d+/.exec(row.message)?.[0] ?? "" });
  return row.field ? `${fieldName(row.field, t)}: ${why}` : why;
}

/** What is missing before a file can be checked: fields, each with those that do as well. */
export function missing(i: Import, mapping: Import["mapping"]): string[] {
  return i.fields.filter((f) => f.required && !(f.name in mapping) && !f.one_of.some((other) => other in mapping)).map((f) => f.name);
}
