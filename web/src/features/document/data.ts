import { queryOptions } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import type { paths } from "@/api/schema";
import { api, must } from "@/api/client";

type Listed = paths["/api/documents"]["get"]["responses"]["200"]["content"]["application/json"];

/** A document in one language, as the library lists it. */
export type Summary = Listed["items"][number];
export type DocumentLanguage = Listed["languages"][number];
export type Document = paths["/api/documents/{key}/{language}"]["get"]["responses"]["200"]["content"]["application/json"];
export type Block = Document["blocks"][number];
export type Span = Block["spans"][number];

/** Every document in every language. */
export const documentsQuery = queryOptions({ queryKey: ["documents"], queryFn: () => must(api.GET("/api/documents")) });

/** Whom a copy of a document is made out to: a contact, a customer, or nobody in particular. */
export interface Reader {
  contact_id?: string;
  customer_id?: string;
}

/** One document in one language. */
export const documentQuery = (key: string, language: string, reader: Reader = {}) =>
  queryOptions({
    queryKey: ["documents", key, language, reader],
    queryFn: () => must(api.GET("/api/documents/{key}/{language}", { params: { path: { key, language }, query: reader } })),
  });

const words = { phone: "docs.phone", website: "docs.website", verification_number: "docs.number", verification_email: "docs.email" } as const;

/** The placeholders for which nothing is entered, in the words of the form in which they are. */
export function named(missing: string[], t: TFunction): string {
  return missing.map((name) => (name in words ? t(words[name as keyof typeof words]) : name)).join(", ");
}
