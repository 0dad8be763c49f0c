import type { TFunction } from "i18next";
import type { ReviewItem } from "@/api/types";
import { permissionTitle } from "@/app/permissions";

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

/** What right a row is about: "Full access on Northwind", "Platform role: Manager". */
export function whatOf({ kind, role, scope }: Pick<ReviewItem, "kind" | "role" | "scope">, t: TFunction): string {
  switch (kind) {
    case "override":
      return t("review.single", { permission: permissionTitle(role.id), scope: scopeTitle(scope, t) });
    case "platform_role":
      return t("review.platform", { role: role.name || t(`role.${role.id}` as "role.owner") });
    default:
      return t("review.on", { role: role.name, scope: scopeTitle(scope, t) });
  }
}

/** What is known of a right: since when and from whom, until when, and when it was last used. */
export function factsOf(item: Pick<ReviewItem, "kind" | "granted_at" | "granted_by" | "expires_at" | "use_known" | "used_at">, t: TFunction, show: (at: string) => string): string[] {
  const { kind, granted_at, granted_by, expires_at, use_known, used_at } = item;
  return [
    // Since when somebody has their platform role is not known.
    ...(kind === "platform_role" ? [] : [granted_by?.name ? t("review.sinceBy", { time: show(granted_at), name: granted_by.name }) : t("review.since", { time: show(granted_at) })]),
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
