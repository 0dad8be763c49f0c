/** The time zones that the browser knows. */
export function timeZones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];
}

/** The languages of the console. */
export const localeChoices = [
  { value: "en", label: "English" },
  { value: "fr", label: "Français" },
];
