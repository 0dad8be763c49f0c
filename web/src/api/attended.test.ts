import { afterEach, expect, it, vi } from "vitest";
import { isAttended } from "./attended";

afterEach(() => vi.useRealTimers());

it("tells whether somebody is there", () => {
  vi.useFakeTimers({ now: Date.now() + 61_000 });
  expect(isAttended()).toBe(false);
  document.dispatchEvent(new Event("keydown"));
  expect(isAttended()).toBe(true);
  vi.advanceTimersByTime(59_000);
  expect(isAttended()).toBe(true);
  vi.advanceTimersByTime(1_000);
  expect(isAttended()).toBe(false);
});
