import { describe, expect, it } from "vitest";
import type { DeviceGroup } from "@/api/types";
import { parentsFor, standing, tree, wayTo } from "./data";

const group = (id: string, parent_id: string | null) => ({ id, name: id, parent_id }) as unknown as DeviceGroup;
const groups = [group("a", null), group("b", null), group("b1", "b"), group("b11", "b1"), group("b2", "b"), group("lost", "unseen")];
const words = (placed: ReturnType<typeof tree>) => placed.map((x) => `${x.depth}${x.group.id}`);

describe("the tree of groups", () => {
  it("is in its order, with what one may not see left out", () => {
    expect(words(tree(groups))).toEqual(["0a", "0b", "1b1", "2b11", "1b2", "0lost"]);
  });

  it.each([
    ["b", ["0a", "0lost"]],
    ["b1", ["0a", "0b", "1b2", "0lost"]],
    ["lost", ["0a", "0b", "1b1", "2b11", "1b2"]],
    [undefined, ["0a", "0b", "1b1", "2b11", "1b2", "0lost"]],
  ])("offers %s no place in itself", (id, want) => {
    expect(words(parentsFor(groups, id))).toEqual(want);
  });

  it.each([
    ["nothing opened", [], "", ["0a", "0b", "0lost"]],
    ["one opened", ["b"], "", ["0a", "0b", "1b1", "1b2", "0lost"]],
    ["one in a closed one", ["b1"], "", ["0a", "0b", "0lost"]],
    ["all the way", ["b", "b1"], "", ["0a", "0b", "1b1", "2b11", "1b2", "0lost"]],
    ["words, at any depth", [], " B1", ["0b1", "0b11"]],
    ["words that none has", ["b"], "zzz", []],
  ])("stands there with %s", (_, opened, find, want) => {
    const now = standing(tree(groups), new Set(opened), find);
    expect(now.map((x) => `${x.depth}${x.group.id}`)).toEqual(want);
  });

  it("knows the way to a group", () => {
    expect(wayTo(groups, "b11")).toEqual(["b11", "b1", "b"]);
    expect(wayTo(groups, "lost")).toEqual(["lost"]);
    expect(wayTo(groups)).toEqual([]);
  });

  it("is the same of 20,000 groups", () => {
    const many = Array.from({ length: 20_000 }, (_, n) => group(`g${n}`, n < 2000 ? null : `g${n % 2000}`));
    expect(standing(tree(many), new Set(["g7"]), "").length).toBe(2009);
  });
});
