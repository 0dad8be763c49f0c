import { expect, test } from "vitest";
import { addDays, groups, periodOf, share, today } from "./period";

const now = new Date("2026-11-30T03:30:00Z");

test("a day begins where the organization is", () => {
  expect(today(now, "America/New_York")).toBe("2026-11-29");
  expect(today(now, "Asia/Kathmandu")).toBe("2026-11-30");
  expect(today(now, "No/Where")).toMatch(/^2026-11-(29|30)$/);
});

test("days are counted over months and leap years", () => {
  expect(addDays("2028-03-01", -1)).toBe("2028-02-29");
  expect(addDays("2026-12-31", 1)).toBe("2027-01-01");
});

test("the URL says the period", () => {
  expect(periodOf({}, now, "UTC")).toEqual({ from: "2026-11-01", to: "2026-11-30" });
  expect(periodOf({ days: "7" }, now, "UTC")).toEqual({ from: "2026-11-24", to: "2026-11-30" });
  expect(periodOf({ days: "5000" }, now, "UTC")).toEqual({ from: "2026-11-01", to: "2026-11-30" });
  expect(periodOf({ from: "2026-01-01", days: "7" }, now, "UTC")).toEqual({ from: "2026-01-01" });
});

test("a share of nothing is none", () => {
  expect(share(0, 0, "en")).toBeNull();
  expect(share(2, 3, "en")).toBe("67%");
  expect(share(1, 300, "en")).toBe("0.3%");
});

test("many days are put together", () => {
  expect(groups([1, 2, 3, 4, 5], 2)).toEqual([[1, 2, 3], [4, 5]]);
  expect(groups([1, 2], 90)).toEqual([[1], [2]]);
});
