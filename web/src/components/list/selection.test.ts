import { describe, expect, it } from "vitest";
import { nothing, stateOf, toggle, toggleRange, toggleShown } from "./selection";

const shown = ["a", "b", "c", "d", "e"];
const ids = (chosen: { ids: ReadonlySet<string> }) => [...chosen.ids].toSorted().join("");

describe("a selection", () => {
  it("takes a row in and lets it go again", () => {
    const one = toggle(nothing, "b", shown);
    expect(ids(one)).toBe("b");
    expect(ids(toggle(one, "b", shown))).toBe("");
  });

  it("takes a range in either direction", () => {
    expect(ids(toggleRange(toggle(nothing, "b", shown), "d", shown))).toBe("bcd");
    expect(ids(toggleRange(toggle(nothing, "d", shown), "b", shown))).toBe("bcd");
  });

  it("lets a range go when its last row was chosen", () => {
    const most = toggleRange(toggle(nothing, "a", shown), "d", shown);
    expect(ids(toggleRange({ ...most, anchor: "b" }, "d", shown))).toBe("a");
  });

  it("is one row when the anchor is no longer on screen", () => {
    expect(ids(toggleRange({ ...nothing, anchor: "z" }, "c", shown))).toBe("c");
  });

  it("knows all, some and none", () => {
    expect(stateOf(nothing, shown)).toBe("none");
    expect(stateOf(toggle(nothing, "a", shown), shown)).toBe("some");
    const all = toggleShown(nothing, shown);
    expect(stateOf(all, shown)).toBe("all");
    expect(ids(toggleShown(all, shown))).toBe("");
    expect(ids(toggleShown(toggle(nothing, "a", shown), shown))).toBe("abcde");
    expect(stateOf(nothing, [])).toBe("none");
  });

  it("falls back from everything that matches to what is on screen", () => {
    const less = toggle({ ids: new Set(), anchor: null, all: true }, "c", shown);
    expect(less.all).toBe(false);
    expect(ids(less)).toBe("abde");
  });
});
