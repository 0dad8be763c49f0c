import { describe, expect, it } from "vitest";
import { customersReached } from "./reach";

const east = { id: "t1", name: "East", customer_ids: ["c1", "c2"] };
const night = { id: "t2", name: "Night", customer_ids: ["c2"] };

describe("customersReached", () => {
  it("says nothing about who reaches nothing", () => {
    expect(customersReached({ customer_ids: [] }, [])).toEqual([]);
  });

  it("tells each customer once, with every way that leads there", () => {
    expect(customersReached({ customer_ids: ["c1", "c3"] }, [east, night])).toEqual([
      { customerId: "c1", via: [{ type: "direct" }, { type: "team", id: "t1", name: "East" }] },
      { customerId: "c3", via: [{ type: "direct" }] },
      {
        customerId: "c2",
        via: [
          { type: "team", id: "t1", name: "East" },
          { type: "team", id: "t2", name: "Night" },
        ],
      },
    ]);
  });
});
