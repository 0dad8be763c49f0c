import { describe, expect, it } from "vitest";
import { customersReached } from "./reach";

const east = { id: "t1", name: "East", customer_ids: ["c1", "c2"] };
const night = { id: "t2", name: "Night", customer_ids: ["c2"] };

const ways = (counts: string) => customersReached({ customer_ids: ["c1", "c3"] }, [east, night], counts).map((x) => `${x.customerId} ${x.via.map((way) => way.type).join(",")}`);

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

  it("leaves out the ways that a platform role does not count", () => {
    expect(ways("own")).toEqual(["c1 direct", "c3 direct"]);
    expect(ways("teams")).toEqual(["c1 team", "c2 team,team"]);
    expect(ways("assigned")).toEqual(["c1 direct,team", "c3 direct", "c2 team,team"]);
  });
});
