import { type ComponentType, lazy } from "react";
import { speaking } from "@/i18n/parts";

// What stands on the pages of other things is fetched with its texts when it is shown.
function late<P>(load: () => Promise<ComponentType<P>>) {
  return lazy(speaking("approval", async () => ({ default: await load() })));
}

/** With the texts of the rights too, whose choice of permissions it shows. */
export function both<T>(load: () => Promise<T>): () => Promise<T> {
  return speaking("approval", speaking("rights", load));
}

export const AskForm = late(async () => (await import("./AskForm")).AskForm);
export const AskButton = late(async () => (await import("./AskButton")).AskButton);
export const AskDialog = late(async () => (await import("./AskDialog")).AskDialog);
export const LendButton = late(async () => (await import("./LendButton")).LendButton);
export const UseButton = late(async () => (await import("./UseButton")).UseButton);
export const ToDecide = late(async () => (await import("./ToDecide")).ToDecide);
export const SensitivePermissions = lazy(both(async () => ({ default: (await import("./SensitivePermissions")).SensitivePermissions })));
