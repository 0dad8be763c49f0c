import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, must } from "@/api/client";
import "./brand.css";

/** A color where it has to be read, as the server makes it: readable on light and on dark surfaces. */
export interface Accents {
  light: string;
  on_light: string;
  dark: string;
  on_dark: string;
}

export interface Brand {
  name: string;
  color: string;
  logo_url: string | null;
  accents: Accents | null;
}

/** Colors the accents of the whole page. State colors keep their meaning; without a brand everything is Countersign's own. */
export function useBrand(brand: { accents: Accents | null } | undefined): void {
  const accents = brand?.accents;
  useEffect(() => {
    const root = document.documentElement;
    if (!accents) {
      delete root.dataset["brand"];
      return;
    }
    root.dataset["brand"] = "own";
    root.style.setProperty("--brand-light", accents.light);
    root.style.setProperty("--brand-on-light", accents.on_light);
    root.style.setProperty("--brand-dark", accents.dark);
    root.style.setProperty("--brand-on-dark", accents.on_dark);
  }, [accents]);
}

/** The brand of the pages before the sign-in: of the only organization there is, else Countersign's own. */
export function usePublicBrand(): Brand | undefined {
  const query = useQuery({
    queryKey: ["brand"],
    queryFn: async () => (await must(api.GET("/api/public/branding"))) as Brand,
    staleTime: 300_000,
  });
  return query.data;
}
