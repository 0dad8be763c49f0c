import { expect, it, vi } from "vitest";
import { learnServerTime, serverNow } from "./serverTime";

it("corrects a clock that is two minutes off, and leaves one alone that is not", () => {
  const here = Date.parse("2026-03-01T12:00:00.500Z");
  vi.useFakeTimers({ now: here });
  learnServerTime("Sun, 01 Mar 2026 12:00:00 GMT");
  expect(serverNow().getTime()).toBe(here);
  learnServerTime("Sun, 01 Mar 2026 12:02:00 GMT");
  expect(serverNow().getTime()).toBe(here + 120_000);
  learnServerTime("nonsense");
  learnServerTime(null);
  expect(serverNow().getTime()).toBe(here + 120_000);
  vi.useRealTimers();
});
