import type { TFunction } from "i18next";
import type { ReviewItem } from "@/api/types";

/** Where a grant counts, as the name of a row: "Northwind", "all devices". */
export function scopeTitle(scope: ReviewItem["scope"], t: TFunction): string {
  switch (scope.type) {
    case "all_devices":
    case "all_customers":
    case "organization":
      return t(`review.scope.${scope.type}`);
    case "section":
      return t("review.scope.quick_support");
    default:
      return scope.name || t("review.scope.unnamed");
  }
}

/** What is known of a grant: since when and from whom, until when, and when it was last used. */
export function factsOf(item: Pick<ReviewItem, "granted_at" | "granted_by" | "expires_at" | "use_known" | "used_at">, t: TFunction, show: (at: string) => string): string[] {
  const { granted_at, granted_by, expires_at, use_known, used_at } = item;
  return [
    granted_by?.name ? t("review.sinceBy", { time: show(granted_at), name: granted_by.name }) : t("review.since", { time: show(granted_at) }),
    ...(expires_at ? [t("review.until", { time: show(expires_at) })] : []),
    used_at ? t("review.used", { time: show(used_at) }) : t(use_known ? "review.neverUsed" : "review.useUnknown"),
  ];
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Writes days as people do, in a zone. */
export function dayIn(language: string, zone?: string): (at: string) => string {
  const key = `${language} ${zone}`;
  const format = formats.get(key) ?? new Intl.DateTimeFormat(language, { dateStyle: "medium", ...(zone && { timeZone: zone }) });
  formats.set(key, format);
  return (at) => format.format(new Date(at));
}
