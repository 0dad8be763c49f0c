import { isMantineColorScheme, localStorageColorSchemeManager, type MantineColorSchemeManager } from "@mantine/core";

const key = "cs-theme";
let follow: ((event: StorageEvent) => void) | undefined;

/** Keeps the theme where public/theme.js reads it before the first paint. It asks for no storage where that is closed, as in a frame. */
export const colorSchemes: MantineColorSchemeManager = {
  ...localStorageColorSchemeManager({ key }),
  subscribe: (update) => {
    follow = (event) => event.key === key && isMantineColorScheme(event.newValue) && update(event.newValue);
    window.addEventListener("storage", follow);
  },
  unsubscribe: () => follow && window.removeEventListener("storage", follow),
};
