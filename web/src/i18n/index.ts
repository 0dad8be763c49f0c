import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { first } from "./en";
import { loadTexts } from "./parts";
import { withMany } from "./plurals";

export const languages = ["en", "fr"] as const;
export type Language = (typeof languages)[number];

const stored = "cs-language";

/** The language to speak before anybody has signed in: the last one used here, else the browser's. */
export function preferredLanguage(): Language {
  const wanted = [read(), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return languages.find((l) => wanted.includes(l) && wanted.find((w) => languages.includes(w as Language)) === l) ?? "en";
}

/** Prepares texts; French is fetched only when it is spoken. */
export async function startLanguages(): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: "en",
    fallbackLng: "en",
    resources: { en: { translation: first } },
    react: { bindI18nStore: "added" },
    interpolation: { escapeValue: false },
    returnNull: false,
  });
  // Until they are here, a refusal is told in the server's own words, which are English.
  void loadTexts("reasons").catch(() => undefined);
  await speak(preferredLanguage());
}

/** Changes the language of the console. */
export async function speak(language: string): Promise<void> {
  const next: Language = language.startsWith("fr") ? "fr" : "en";
  if (next === "fr" && !i18next.hasResourceBundle("fr", "translation")) {
    const { fr } = await import("./fr");
    i18next.addResourceBundle("fr", "translation", withMany(fr));
  }
  try {
    localStorage.setItem(stored, next);
  } catch {
    // Storage may be blocked: the choice then lasts as long as the page.
  }
  if (i18next.language !== next) {
    await i18next.changeLanguage(next);
  }
  document.documentElement.lang = next;
}

function read(): string | null {
  try {
    return localStorage.getItem(stored);
  } catch {
    return null;
  }
}
