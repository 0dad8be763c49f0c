import { expect, it } from "vitest";
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
