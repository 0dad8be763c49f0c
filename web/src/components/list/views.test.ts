import { expect, it } from "vitest";
import { readViews, withoutView, withView } from "./views";

const open = { name: "Open", search: { status: "open" } };
const mine = { name: "Mine", search: { assigned_to: "me" } };

it("keeps views by name, and replaces one of the same name", () => {
  const both = withView(withView([], open), mine);
  expect(both.map((v) => v.name)).toEqual(["Mine", "Open"]);
  expect(withView(both, { name: "Open", search: { status: "closed" } })).toContainEqual({ name: "Open", search: { status: "closed" } });
  expect(withView(both, { name: "Open", search: { status: "closed" } })).toHaveLength(2);
  expect(withoutView(both, "Open")).toEqual([mine]);
});

it("reads only what is a view", () => {
  expect(readViews([open, null, "x", { name: 1, search: {} }, { name: "y", search: { a: 1 } }])).toEqual([open]);
  expect(readViews({ open })).toBeUndefined();
});
