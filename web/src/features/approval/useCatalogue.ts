import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { catalogueQuery } from "@/app/permissions";

/** Fetches what permissions are called, so that sentences on the page can say it. */
export function useCatalogueForTitles(): void {
  const { i18n } = useTranslation();
  useQuery(catalogueQuery(i18n.language));
}
