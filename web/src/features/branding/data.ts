import { api, must } from "@/api/client";

export const brandingKey = ["settings", "branding"];

/** What the organization looks like, as it is kept. */
export function loadBranding() {
  return must(api.GET("/api/settings/branding"));
}
