import { queryOptions, useQuery } from "@tanstack/react-query";
import i18next from "i18next";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Permission } from "@/api/types";
import { queries } from "./services";

/** Every permission there is, in its order, told in the language of the console. */
export const catalogueQuery = (language: string) =>
  queryOptions({
    queryKey: ["permissions", language],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async (): Promise<Permission[]> => {
      const { items } = await must(api.GET("/api/permissions"));
      return language === "fr" ? (await import("@/i18n/fr/permissions")).inFrench(items) : items;
    },
  });

/** What a permission is called, once the catalogue is here; its name until then. */
export function permissionTitle(name: string): string {
  return queries.getQueryData(catalogueQuery(i18next.language).queryKey)?.find((p) => p.name === name)?.title ?? name;
}

/** What a permission is called; the catalogue is fetched for it. Without a name nothing is. */
export function usePermissionTitle(name: string | undefined): string {
  const { i18n } = useTranslation();
  const catalogue = useQuery({ ...catalogueQuery(i18n.language), enabled: name !== undefined }).data;
  return catalogue?.find((p) => p.name === name)?.title ?? name ?? "";
}
