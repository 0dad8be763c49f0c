import { queryOptions } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { api, must } from "@/api/client";
import type { components } from "@/api/schema";
import { queries } from "@/app/services";
import { problemText } from "@/components/problemText";
import { PasskeyError } from "./passkey";

type Schemas = components["schemas"];
export type Passkey = Schemas["FactorPasskeyBody"];
export type KeyKind = Passkey["kind"];
export type Setup = Schemas["FactorSetupBody"];
export type FactorState = Schemas["FactorStateBody"];
export type Factors = Omit<Schemas["FactorsBody"], "totp"> & { totp: Schemas["FactorTotpState"] | null };

/** One's own factors. */
export const factorsQuery = queryOptions({ queryKey: ["factors"], queryFn: async () => (await must(api.GET("/api/me/factors"))) as Factors });

/** Fetches again what depends on one's factors. */
export async function renewFactors(): Promise<void> {
  await Promise.all([queries.invalidateQueries({ queryKey: factorsQuery.queryKey }), queries.invalidateQueries({ queryKey: ["me"] })]);
}

/** "November 22, 2026". */
export function longDate(at: string | Date, language: string): string {
  return new Intl.DateTimeFormat(language, { dateStyle: "long" }).format(new Date(at));
}

/** What to tell a person about a failure on the way to a passkey. */
export function passkeyText(error: unknown, t: TFunction): string {
  return error instanceof PasskeyError ? t(`passkey.failure.${error.failure}`) : problemText(error, t);
}
