import { describe, expect, it } from "vitest";
import { bulkRequest, groups, isComplete, noChoice } from "./bulk";

const some = { all: false, ids: ["a", "b"], filter: { status: "active" } };
const all = { all: true, ids: [], filter: { status: "active", q: "east" } };
const choice = { ...noChoice, role: "manager", team_id: "t1", customer_ids: ["c1"], subject: " Tonight ", body: "Maintenance at nine. " };

describe("a bulk request", () => {
  it("names the people, or the filter that finds them, never both", () => {
    for (const action of Object.values(groups).flat()) {
      expect(bulkRequest(action, some, choice)).toMatchObject({ action, ids: ["a", "b"] });
      expect(bulkRequest(action, some, choice)).not.toHaveProperty("filter");
      expect(bulkRequest(action, all, choice)).toMatchObject({ action, filter: { status: "active", q: "east" } });
      expect(bulkRequest(action, all, choice)).not.toHaveProperty("ids");
    }
  });

  it("holds what the action needs and nothing else", () => {
    expect(bulkRequest("suspend", some, choice)).toEqual({ action: "suspend", ids: ["a", "b"] });
    expect(bulkRequest("assign_role", some, choice)).toEqual({ action: "assign_role", ids: ["a", "b"], role: "manager", platform_role_id: "" });
    expect(bulkRequest("assign_role", some, { ...choice, platform_role_id: "0193" })).toMatchObject({ role: "manager", platform_role_id: "0193" });
    expect(bulkRequest("add_to_team", some, choice)).toEqual({ action: "add_to_team", ids: ["a", "b"], team_id: "t1" });
    expect(bulkRequest("remove_customers", some, choice)).toEqual({ action: "remove_customers", ids: ["a", "b"], customer_ids: ["c1"] });
    expect(bulkRequest("notify", some, choice)).toEqual({ action: "notify", ids: ["a", "b"], message: { subject: "Tonight", body: "Maintenance at nine.", ways: ["email"] } });
  });

  it("waits for what the action needs", () => {
    const waiting = Object.values(groups).flat().filter((action) => !isComplete(action, { ...noChoice, role: "" }));
    expect(waiting).toEqual(["assign_role", "add_to_team", "remove_from_team", "assign_customers", "remove_customers", "notify"]);
    expect(isComplete("notify", { ...choice, ways: [] })).toBe(false);
    expect(isComplete("notify", choice)).toBe(true);
  });
});
