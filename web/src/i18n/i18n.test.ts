import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import i18next from "i18next";
import { describe, expect, it } from "vitest";
import { first } from "./en";
import { en } from "./en/all";
import { fr } from "./fr";
import { withMany } from "./plurals";

function flat(tree: object, prefix = ""): [string, string][] {
  return Object.entries(tree).flatMap(([key, value]) => (typeof value === "string" ? [[prefix + key, value] as [string, string]] : flat(value as object, `${prefix}${key}.`)));
}

const english = new Map(flat(en));
const french = new Map(flat(fr));
const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).toSorted();
const needed = (text: string) => placeholders(text).filter((name) => name !== "count");

describe("texts", () => {
  it("exist in both languages", () => {
    expect([...french.keys()].toSorted()).toEqual([...english.keys()].toSorted());
  });

  it("stand in one file each, since of two with the same name the later would hide the first", () => {
    for (const language of ["en", "fr"]) {
      const folder = join(import.meta.dirname, language);
      const names = readdirSync(folder).filter((file) => !["index.ts", "all.ts"].includes(file)).flatMap((file) => [...readFileSync(join(folder, file), "utf8").matchAll(/^ {2}(\w+):/gm)].map((m) => m[1]));
      expect(names.length).toBeGreaterThan(50);
      expect(names.filter((name, i) => names.indexOf(name) !== i), language).toEqual([]);
    }
  });

  it("are not left empty", () => {
    for (const [key, text] of french) {
      expect(Boolean(text), key).toBe(Boolean(english.get(key)));
    }
  });

  it("have the same placeholders, save a count that a language need not say", () => {
    for (const [key, text] of english) {
      expect(needed(french.get(key) ?? ""), key).toEqual(needed(text));
    }
  });

  it("have every plural form that the language uses", () => {
    for (const [language, texts] of [["en", english], ["fr", french]] as const) {
      const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories.filter((form) => form !== "many");
      for (const key of texts.keys()) {
        const stem = key.match(/^(.*)_(one|other)$/)?.[1];
        if (stem && english.has(`${stem}_other`)) {
          expect(forms.filter((form) => !texts.has(`${stem}_${form}`)), `${language} ${stem}`).toEqual([]);
        }
      }
    }
  });

  it("are spoken only where they are fetched", () => {
    const folder = join(import.meta.dirname, "..");
    const all = files(folder);
    const homes = { approval: ["features/approval"], carrier: ["features/carrier"], effect: ["features/access"], graph: ["features/access"], mailReason: ["features/settings"], domainRemedy: ["features/settings"], outbox: ["features/outbox"], review: ["features/review"], rights: ["features/access"], answered: ["features/access"], use: ["features/access"] };
    const early = new Set(flat(first).map(([key]) => key));
    const late = [...english.keys()].filter((key) => !early.has(key) && !key.startsWith("reason."));
    expect(late.length).toBeGreaterThan(50);
    for (const key of late) {
      const home = homes[key.split(".")[0] as keyof typeof homes];
      expect(home, key).toBeDefined();
      const name = key.replace(/_(one|other)$/, "");
      const strangers = all.filter(([path, text]) => text.includes(`"${name}"`) && !home.some((h) => path.startsWith(join(folder, h))));
      expect(strangers.map(([path]) => path), key).toEqual([]);
    }
  });

  it("are all used", () => {
    const source = files(join(import.meta.dirname, "..")).map(([, text]) => text).join("\n");
    const starts = [...source.matchAll(/t\(\s*(?:\w+ \? )?`([^`$]+)\$\{/g)].map((m) => m[1] as string);
    const unused = [...english.keys()].filter((key) => {
      const name = key.replace(/_(one|other)$/, "");
      return !source.includes(`"${name}"`) && !starts.some((start) => key.startsWith(start));
    });
    expect(unused).toEqual([]);
  });
});

describe("plurals", () => {
  it("count to a million in French without a gap", async () => {
    const texts = i18next.createInstance();
    await texts.init({ lng: "fr", resources: { fr: { translation: withMany(fr) } }, interpolation: { escapeValue: false } });
    for (const count of [0, 1, 2, 1_000_000]) {
      expect(texts.t("list.shown", { count })).toContain("entrée");
    }
  });
});

/** The source files of the console beside the texts: path and text. */
function files(folder: string): [string, string][] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      return path.endsWith("i18n") ? [] : files(path);
    }
    return /\.tsx?$/.test(entry.name) && !entry.name.includes(".test.") && entry.name !== "schema.d.ts" ? [[path, readFileSync(path, "utf8")]] : [];
  });
}
