import { describe, expect, it } from "vitest";
import type { DeviceGroup } from "@/api/types";
import { parentsFor, tree } from "./data";

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
});
