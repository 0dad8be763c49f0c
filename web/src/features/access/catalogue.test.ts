import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Permission, Purpose } from "@/api/types";
import { inFrench } from "@/i18n/fr/permissions";
import { categoriesOf, heldBy, isImplied, kindOf, matching, parts, partOf, placeOf, plainName, purposeFor, purposes, targetKinds, targetsIn, targetsOf } from "./catalogue";

// The catalogue as the server declares it.
const source = readFileSync(join(import.meta.dirname, "../../../../internal/access/perm/catalog.go"), "utf8");
const names = new Map([...source.matchAll(/^\t(\w+)\s+Permission = "([^"]+)"/gm)].map((m) => [m[1], m[2] as string]));
const catalogue: Permission[] = [...source.matchAll(/\{Name: (\w+), Purpose: (\w+), Category: "([^"]+)", Title: "([^"]+)", Description: "([^"]+)"/g)].map((m) => ({
  name: names.get(m[1]) ?? "",
  purpose: m[2]?.toLowerCase() as Purpose,
  category: m[3] ?? "",
  title: m[4] ?? "",
  description: m[5] ?? "",
  view: false,
  sensitive: false,
  comes_with: [],
}));

describe("the catalogue", () => {
  it("is grouped by purpose and category, with nothing lost", () => {
    const categories = categoriesOf(catalogue);
    expect(catalogue.length).toBeGreaterThan(80);
    expect(categories.flatMap((c) => c.permissions)).toEqual(catalogue);
    expect(new Set(categories.map((c) => c.key)).size).toBe(categories.length);
    // Devices and invitations both have "Actions": they stay apart.
    expect(categories.filter((c) => c.title === "Actions").map((c) => c.purpose)).toEqual(["devices", "invitations"]);
  });

  it("is searched in title, meaning, category and name", () => {
    expect(matching(catalogue, "Black screen").map((p) => p.name)).toEqual(["device.blackscreen"]);
    expect(matching(catalogue, "device.term").map((p) => p.name)).toEqual(["device.terminal"]);
    expect(matching(catalogue, "  ")).toHaveLength(catalogue.length);
    expect(matching(inFrench(catalogue), "ecran noir").map((p) => p.name)).toEqual(["device.blackscreen"]);
  });

  it("has every word in French, and no French word for what is not in it", () => {
    const french = inFrench(catalogue);
    expect(french.filter((p, i) => p.title === catalogue[i]?.title && !["Notifications", "Terminal", "Portals"].includes(p.title)).map((p) => p.name)).toEqual([]);
    expect(french.filter((p, i) => p.description === catalogue[i]?.description).map((p) => p.name)).toEqual([]);
    const file = readFileSync(join(import.meta.dirname, "../../i18n/fr/permissions.ts"), "utf8");
    const known = new Set(catalogue.map((p) => p.name));
    expect([...file.matchAll(/^ {2}"([a-z_.]+)":/gm)].map((m) => m[1] as string).filter((name) => !known.has(name))).toEqual([]);
  });
});

describe("seeing a device", () => {
  it("comes with every other permission on devices, and with none on anything else", () => {
    expect(isImplied("device.view", ["device.terminal"], catalogue)).toBe(true);
    expect(isImplied("device.view", ["device.view"], catalogue)).toBe(false);
    expect(isImplied("device.view", ["invitation.terminal"], catalogue)).toBe(false);
    expect(isImplied("device.files", ["device.terminal"], catalogue)).toBe(false);
    expect(heldBy(["device.terminal"], catalogue).map((p) => p.name)).toEqual(["device.view", "device.terminal"]);
  });
});

describe("targets", () => {
  it("fit the purpose of a role, and nothing else does", () => {
    expect(targetsOf("devices")).toEqual(["device", "device_group", "customer", "all_devices"]);
    expect(targetsOf("customers")).toEqual(["customer", "all_customers"]);
    expect(targetsOf("invitations")).toEqual(["quick_support"]);
    expect(targetsOf("administration")).toEqual(["team"]);
  });

  it("lead in each part to one purpose, whose roles can be given there", () => {
    for (const part of parts) {
      for (const kind of targetsIn(part)) {
        expect(targetsOf(purposeFor(part, kind)), `${part} ${kind}`).toContain(kind);
      }
    }
  });

  it("stand in the part of what the role is for: a customer can be the target of two", () => {
    expect(purposes.map(partOf)).toEqual(["devices", "customers", "sections", "sections"]);
  });

  it("are named to the server and back", () => {
    for (const kind of targetKinds) {
      expect(kindOf(placeOf(kind, "5")), kind).toBe(kind);
    }
    expect(placeOf("quick_support")).toEqual({ type: "section", id: "quick_support" });
    expect(placeOf("all_devices", "5")).toEqual({ type: "all_devices" });
    expect(kindOf({ type: "section", id: "team" })).toBe("team");
    expect(kindOf({ type: "quick_support" })).toBe("quick_support");
  });
});

it("a copy of a system role is not called a system role", () => {
  expect(plainName("Full device access (System)")).toBe("Full device access");
  expect(plainName("Night shift")).toBe("Night shift");
});
