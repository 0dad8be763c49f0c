import { describe, expect, it } from "vitest";
import { en } from "@/i18n/en/all";
import { factText, span, titleOf } from "./words";

// Texts as the console finds them: by their path, with what stands between braces filled in.
const t = ((key: string, values: Record<string, string> = {}) => {
  const found = key.split(".").reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], en);
  const text = typeof found === "string" ? found : (values.defaultValue ?? key);
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? "");
}) as never;

describe("a request", () => {
  it("says what it is for, and on what", () => {
    expect(titleOf({ action: "device.delete", target: { type: "device", id: "d", name: "NW-01" } }, t)).toBe("Delete the device NW-01");
    expect(titleOf({ action: "grant", target: { type: "all_devices", id: "", name: "" } }, t)).toBe("Access for a while: all devices");
    expect(titleOf({ action: "technician.bulk", target: { type: "technicians", id: "", name: "notify" } }, t)).toContain(en.bulk.action.notify);
  });
  it("keeps the name of an action that this console does not know", () => {
    expect(titleOf({ action: "moon.move", target: { type: "moon", id: "m", name: "Luna" } }, t)).toBe("moon.move Luna");
  });
  it("says its facts in words", () => {
    expect(factText({ name: "minutes", value: "240" }, "grant", t, "en")).toBe("4 hours");
    expect(factText({ name: "role", value: "manager" }, "factors.reset", t, "en")).toBe(en.role.manager);
    expect(factText({ name: "role", value: "manager" }, "grant", t, "en")).toBe("manager");
    expect(factText({ name: "device", value: "NW-01" }, "device.delete", t, "en")).toBe("NW-01");
  });
  it("counts a span in the unit that people use", () => {
    expect([5, 60, 480, 1440, 4320, 43_200].map((minutes) => span(minutes, "en"))).toEqual(["5 minutes", "60 minutes", "8 hours", "24 hours", "3 days", "30 days"]);
  });
});
