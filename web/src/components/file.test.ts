import { expect, it } from "vitest";
import { fileSize, fileTrouble } from "./file";

it.each([
  ["people.CSV", "application/vnd.ms-excel", 10, null],
  ["people", "text/csv", 10, null],
  ["people.xlsx", "application/zip", 10, "kind"],
  ["people.csv", "text/csv", 0, "empty"],
  ["people.csv", "text/csv", 1025, "large"],
])("of %s (%s, %d bytes) it says %j", (name, type, size, want) => {
  expect(fileTrouble({ name, type, size }, ".csv, text/csv", 1024)).toBe(want);
});

it("takes any picture where pictures are wanted", () => {
  expect(fileTrouble({ name: "logo", type: "image/webp", size: 1 }, "image/*", 10)).toBeNull();
  expect(fileTrouble({ name: "logo.pdf", type: "application/pdf", size: 1 }, "image/*", 10)).toBe("kind");
});

it("says sizes in the language", () => {
  expect(fileSize(1536, "en")).toBe("1.5 kB");
  expect(fileSize(64 * 1024 * 1024, "fr")).toMatch(/^64\sMo$/);
});
