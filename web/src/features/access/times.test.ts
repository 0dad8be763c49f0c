import { expect, it } from "vitest";
import { fromField, isSpan, stateOf, toField } from "./times";

it("times go into fields and come back as they were", () => {
  expect(fromField(toField("2026-12-24T18:30:00Z"))).toBe("2026-12-24T18:30:00.000Z");
  expect(toField(undefined)).toBe("");
  expect(fromField("")).toBeUndefined();
  expect(fromField("soon")).toBeUndefined();
});

it("a span ends after it begins, and may be open at either side", () => {
  expect(isSpan("2026-12-01T08:00", "2026-12-01T08:01")).toBe(true);
  expect(isSpan("2026-12-01T08:00", "2026-12-01T08:00")).toBe(false);
  expect(isSpan("2026-12-01T08:00", "")).toBe(true);
  expect(isSpan("", "2020-01-01T00:00")).toBe(true);
});

it("a right is dead at its end", () => {
  const span = { not_before: "2026-12-01T08:00:00Z", expires_at: "2026-12-01T09:00:00Z" };
  expect(stateOf(span, new Date("2026-12-01T07:59:59Z"))).toBe("waiting");
  expect(stateOf(span, new Date("2026-12-01T08:00:00Z"))).toBe("active");
  expect(stateOf(span, new Date("2026-12-01T08:59:59Z"))).toBe("active");
  expect(stateOf(span, new Date("2026-12-01T09:00:00Z"))).toBe("expired");
  expect(stateOf({}, new Date())).toBe("active");
});
