import { describe, expect, it } from "vitest";
import { fieldChanges, fieldsOf, rowsOf } from "./customFields";

describe("fields of one's own", () => {
  it("are shown in the order of their names", () => {
    expect(rowsOf({ Floor: "3", Badge: "117" })).toEqual([
      { name: "Badge", value: "117" },
      { name: "Floor", value: "3" },
    ]);
  });

  it("count only with a name and a value", () => {
    expect(fieldsOf([{ name: " Floor ", value: " 3 " }, { name: "", value: "x" }, { name: "Badge", value: " " }])).toEqual({ Floor: "3" });
  });

  it("go away by being null", () => {
    expect(fieldChanges({ Floor: "3", Badge: "117" }, [{ name: "Floor", value: "4" }])).toEqual({ Floor: "4", Badge: null });
    expect(fieldChanges({ Floor: "3" }, [{ name: "Level", value: "3" }])).toEqual({ Level: "3", Floor: null });
  });
});
