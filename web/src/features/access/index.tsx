import { type ComponentType, lazy } from "react";
import { speaking } from "@/i18n/parts";

// What stands on the pages of other things is fetched with its texts when it is shown.
function late<P>(load: () => Promise<ComponentType<P>>) {
  return lazy(speaking("rights", async () => ({ default: await load() })));
}

export const AccessParts = late(async () => (await import("./AccessParts")).AccessParts);
export const DefaultPermissions = late(async () => (await import("./DefaultPermissions")).DefaultPermissions);
export const Who = late(async () => (await import("./Who")).Who);
