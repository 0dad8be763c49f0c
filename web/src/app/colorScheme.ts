import { localStorageColorSchemeManager } from "@mantine/core";

/** Keeps the theme where public/theme.js reads it before the first paint. */
export const colorSchemes = localStorageColorSchemeManager({ key: "cs-theme" });
