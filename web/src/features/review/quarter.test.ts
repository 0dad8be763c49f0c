import { expect, it } from "vitest";
import { quarterOf } from "./quarter";

it("names the quarter of a day", () => {
  expect(quarterOf(new Date(2026, 0, 1))).toBe("Q1 2026");
  expect(quarterOf(new Date(2026, 11, 31))).toBe("Q4 2026");
});
