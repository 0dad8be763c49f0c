import { describe, expect, it } from "vitest";
import { absolute, clock, duration, minutesSeconds, relative, secondsLeft, timeLeft } from "./time";

const now = new Date("2026-03-01T12:00:00Z");
const after = (seconds: number) => new Date(now.getTime() + seconds * 1000);

describe("relative", () => {
  it.each([
    [-20, "now", "maintenant"],
    [-61, "1 minute ago", "il y a 1 minute"],
    [-7260, "2 hours ago", "il y a 2 heures"],
    [600, "in 10 minutes", "dans 10 minutes"],
    [-86_400, "yesterday", "hier"],
  ])("%d seconds", (seconds, en, fr) => {
    expect(relative(after(seconds), now, "en")).toBe(en);
    expect(relative(after(seconds), now, "fr")).toBe(fr);
  });
});

describe("secondsLeft", () => {
  it("counts a begun second and never goes below nothing", () => {
    expect(secondsLeft("2026-03-01T12:05:00Z", now)).toBe(300);
    expect(secondsLeft("2026-03-01T12:05:00Z", new Date(now.getTime() + 200))).toBe(300);
    expect(secondsLeft("2026-03-01T11:59:00Z", now)).toBe(0);
  });

  it("is shown as minutes and seconds", () => {
    expect([300, 61, 59, 0].map(minutesSeconds)).toEqual(["5:00", "1:01", "0:59", "0:00"]);
  });
});

describe("clock and absolute", () => {
  it("show the person's own zone", () => {
    expect(clock(now, now, "fr", "Europe/Paris")).toBe("13:00");
    expect(absolute(now, "en", "America/New_York")).toContain("7:00:00");
  });

  it("add the date when it is another day there", () => {
    expect(clock(after(-86_400), now, "en", "UTC")).toContain("2/28/26");
  });

  it("do without a zone that the browser does not know", () => {
    expect(() => absolute(now, "en", "Nowhere/Land")).not.toThrow();
  });
});

it("says how long work will still take, once there is something to judge by", () => {
  expect(timeLeft(now, after(1), 50, 100)).toBeNull();
  expect(timeLeft(now, after(10), 0, 100)).toBeNull();
  expect(timeLeft(now, after(10), 25, 100)).toBe(30);
  expect(timeLeft(now, after(10), 100, 100)).toBeNull();
});

it.each([
  [1, "1 second"],
  [59, "59 seconds"],
  [61, "2 minutes"],
  [7200, "2 hours"],
])("of %d seconds it says %s", (seconds, words) => {
  expect(duration(seconds, "en")).toBe(words);
});
