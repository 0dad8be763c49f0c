import { expect, it } from "vitest";
import { changesOf, pathsOf } from "./changes";

it("finds what was changed, and nothing else", () => {
  const before = { name: "Pia", emails: ["a@example.com"], vip: false };
  expect(changesOf(before, { name: "Pia", emails: ["a@example.com"], vip: false })).toEqual({});
  expect(changesOf(before, { name: "Pia", emails: ["a@example.com", "b@example.com"], vip: true })).toEqual({
    emails: ["a@example.com", "b@example.com"],
    vip: true,
  });
});

it("lists every path of a form", () => {
  expect(pathsOf({ name: "", phones: [{ number: "", kind: "mobile" }], contact_id: null })).toEqual([
    "name",
    "phones",
    "phones.0",
    "phones.0.number",
    "phones.0.kind",
    "contact_id",
  ]);
});
