import type { TFunction } from "i18next";
import { api, must } from "@/api/client";
import type { Place } from "@/api/types";
import { isOneOf, kindOf, type OneOf, type TargetKind } from "./catalogue";

/** A target in the middle of a sentence: "the customer Northwind", "all devices". */
export function placeText(place: Place, t: TFunction): string {
  return t(`rights.place.${kindOf(place)}`, { name: place.name || t("rights.gone") });
}

/** A target as the name of a row: "Northwind", "All devices". */
export function placeTitle(place: Place, t: TFunction): string {
  const kind = kindOf(place);
  return isOneOf(kind) ? place.name || t("rights.gone") : t(`rights.target.${kind}`);
}

/** The page of a target; none for a whole. */
export function placeHref(place: Place): string | undefined {
  const pages: Partial<Record<TargetKind, string>> = { device: `/devices/${place.id}`, device_group: `/devices?group_id=${place.id}`, customer: `/customers/${place.id}` };
  return pages[kindOf(place)];
}

const beside = (name: string, other: string) => (other && other !== name ? `${name} – ${other}` : name);

/** Looks up what can be chosen of a kind. */
export async function targetChoices(kind: OneOf, q: string): Promise<{ value: string; label: string }[]> {
  const query = { q: q || undefined, limit: 20, sort: "name" } as const;
  switch (kind) {
    case "device":
      return (await must(api.GET("/api/devices", { params: { query } }))).items.map((x) => ({ value: x.id, label: beside(x.name, x.customer_name) }));
    case "device_group":
      return (await must(api.GET("/api/device-groups", { params: { query } }))).items.map((x) => ({ value: x.id, label: beside(x.name, x.customer_name) }));
    case "customer":
      return (await must(api.GET("/api/customers", { params: { query } }))).items.map((x) => ({ value: x.id, label: x.name }));
    case "contact":
      return (await must(api.GET("/api/contacts", { params: { query } }))).items.map((x) => ({ value: x.id, label: beside(x.name, x.customer_name) }));
    case "ticket":
      return (await must(api.GET("/api/tickets", { params: { query: { q: q || undefined, limit: 20 } } }))).items.map((x) => ({ value: x.id, label: `#${x.number} ${beside(x.summary, x.customer_name)}` }));
  }
}
