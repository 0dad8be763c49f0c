import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { en } from "@/i18n/en/all";
import { fr } from "@/i18n/fr";
import { current, groupOf, inserted, nameOf } from "./data";

it("puts a placeholder where the cursor is, in the place of what is selected, or at the end", () => {
  expect(inserted("a b", "${code}", 2, 2)).toEqual({ text: "a ${code}b", cursor: 9 });
  expect(inserted("a b", "${code}", 0, 1)).toEqual({ text: "${code} b", cursor: 7 });
  expect(inserted("a b", "${code}", null, null)).toEqual({ text: "a b${code}", cursor: 10 });
  expect(inserted("a", "x", 9, 4)).toEqual({ text: "ax", cursor: 2 });
});

it("prefers the organization's own words", () => {
  const text = { language: "en", default: { body: "theirs" }, own: null, updated_at: null, version: 0 };
  expect(current(text as never)).toEqual({ body: "theirs" });
  expect(current({ ...text, own: { body: "ours" } } as never)).toEqual({ body: "ours" });
});

it("names texts and their groups", () => {
  expect(groupOf("verification.sms_code")).toBe("verification");
  expect(nameOf("verification.sms_code")).toBe("verification_sms_code");
});

it("has a name, a group and names for the parts of every text that can be changed, in both languages", () => {
  const texts = JSON.parse(readFileSync("../internal/wording/texts/en.json", "utf8")) as Record<string, Record<string, string>>;
  const changeable = Object.keys(texts).filter((key) => !key.startsWith("phrase.") && (!key.startsWith("page.") || key === "page.link"));
  expect(changeable.length).toBeGreaterThan(20);
  for (const { wording } of [en, fr]) {
    const { name, group, part } = wording as unknown as Record<string, Record<string, string>>;
    for (const key of changeable) {
      expect(name?.[nameOf(key)], key).toBeTruthy();
      expect(group?.[groupOf(key)], key).toBeTruthy();
      for (const its of Object.keys(texts[key] ?? {})) {
        expect(part?.[its], `${key} ${its}`).toBeTruthy();
      }
    }
  }
});
