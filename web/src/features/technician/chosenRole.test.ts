import { describe, expect, it } from "vitest";
import { chosenRole } from "./chosenRole";

const own = [
  { value: "0192", base: "technician" },
  { value: "0193", base: "manager" },
];
const technician = { platform_role: "technician", platform_role_id: "" };

describe("a chosen platform role", () => {
  it("of the organization brings what it is based on along", () => {
    expect(chosenRole("0193", technician, own)).toEqual({ platform_role: "manager", platform_role_id: "0193" });
  });

  it("of the four takes the organization’s own away, also the one that it is based on", () => {
    expect(chosenRole("technician", { platform_role: "technician", platform_role_id: "0192" }, own)).toEqual(technician);
    expect(chosenRole("read_only", { platform_role: "technician", platform_role_id: "0192" }, own)).toEqual({ platform_role: "read_only", platform_role_id: "" });
  });

  it("stays when it is chosen again", () => {
    expect(chosenRole("technician", technician, own)).toBe(technician);
  });
});
