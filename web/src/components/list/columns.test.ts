import { describe, expect, it } from "vitest";
import { arrange, asDesigned, type ColumnChoice, moveColumn, readColumnChoice, toggleColumn } from "./columns";
import type { Column } from "./Rows";

const column = (key: string, optional?: true): Column<string> => ({ key, header: key, cell: () => key, optional });
const columns = [column("name"), column("phone"), column("email"), column("source", true)];
const seen = (choice: ColumnChoice) =>
  arrange(columns, choice)
    .filter((a) => a.shown)
    .map((a) => a.column.key);

describe("columns", () => {
  it("are shown as designed, optional ones put away", () => {
    expect(seen(asDesigned)).toEqual(["name", "phone", "email"]);
  });

  it("can be hidden and brought in, all but the first", () => {
    let choice = toggleColumn(columns, asDesigned, "phone");
    choice = toggleColumn(columns, choice, "source");
    expect(seen(choice)).toEqual(["name", "email", "source"]);
    expect(seen({ ...asDesigned, hidden: ["name"] })).toContain("name");
    expect(seen(toggleColumn(columns, toggleColumn(columns, asDesigned, "phone"), "phone"))).toEqual(seen(asDesigned));
  });

  it("move by one place and stop at the ends", () => {
    const swapped = moveColumn(columns, asDesigned, "email", -1);
    expect(seen(swapped)).toEqual(["name", "email", "phone"]);
    expect(moveColumn(columns, swapped, "email", -1)).toBe(swapped);
    expect(moveColumn(columns, asDesigned, "name", 1)).toBe(asDesigned);
  });

  it("keep a new column where it was designed, and forget one that is gone", () => {
    expect(seen({ order: ["email", "fax"], hidden: [], added: [] })).toEqual(["name", "phone", "email"]);
    expect(seen({ order: ["email", "phone"], hidden: ["fax"], added: ["source"] })).toEqual(["name", "email", "source", "phone"]);
  });

  it.each([[null, undefined], ["x", undefined], [{ order: 7, hidden: ["a", 1] }, { order: [], hidden: ["a"], added: [] }]])("are read from %j", (kept, want) => {
    expect(readColumnChoice(kept)).toEqual(want);
  });
});
