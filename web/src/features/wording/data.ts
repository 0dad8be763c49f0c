import type { paths } from "@/api/schema";
import { api, must } from "@/api/client";

export const templatesKey = ["templates"];

type Listed = paths["/api/templates"]["get"]["responses"]["200"]["content"]["application/json"];

/** A text of messages, calls or pages, in every language. */
export type Template = NonNullable<Listed["items"]>[number];
export type TemplatePart = NonNullable<Template["parts"]>[number];
export type TemplateText = NonNullable<Template["texts"]>[number];
export type TemplateLanguage = NonNullable<Listed["languages"]>[number];

/** Every text with what may be changed about it. */
export function loadTemplates() {
  return must(api.GET("/api/templates"));
}

/** The parts of a text by name, as a form edits them. */
export type Parts = Record<string, string>;

/** What is said now: the organization's own words, or else those of Countersign. */
export function current(text: TemplateText): Parts {
  return (text.own ?? text.default ?? {}) as Parts;
}

/** The group that a text is listed in: what stands before the point of its key. */
export function groupOf(key: string): string {
  return key.split(".")[0] ?? key;
}

/** A key as a name of a text of the console, where points lead into objects. */
export function nameOf(key: string): string {
  return key.replaceAll(".", "_");
}

/** Puts `what` into a text where the cursor is, or at its end. */
export function inserted(text: string, what: string, from: number | null, to: number | null): { text: string; cursor: number } {
  const start = Math.min(from ?? text.length, text.length);
  const end = Math.max(start, Math.min(to ?? start, text.length));
  return { text: text.slice(0, start) + what + text.slice(end), cursor: start + what.length };
}
