import { describe, expect, it } from "vitest";
import type { Permission, Purpose } from "@/api/types";
import { type Affected, countsOf, named, rowsOf, titled, trialOf } from "./effects";

type Difference = Affected["differences"][number];

const nothing: Difference = { gained: [], lost: [], needs_approval: [], free: [], devices: 0, customers: 0, sections: [], at: [], more: false, unassigned_devices: false };
const server = { type: "device" as const, id: "1", name: "srv1" };
const group = { type: "device_group" as const, id: "2", name: "Servers" };

describe("what happens to one person", () => {
  const differences: Difference[] = [
    { ...nothing, gained: ["device.chat"], lost: ["device.view", "device.files"], devices: 3, at: [group] },
    { ...nothing, needs_approval: ["device.terminal"], lost: ["device.files", "device.view"], devices: 1, at: [server], more: true, unassigned_devices: true },
    { ...nothing, gained: ["admin.audit"], sections: ["organization"] },
    { ...nothing, free: ["ticket.view"], customers: 2 },
  ];

  it("is told as one row for each set of permissions, the gravest first, with all of its places", () => {
    expect(rowsOf(differences)).toEqual([
      { kind: "lost", permissions: ["device.files", "device.view"], devices: 4, customers: 0, sections: [], at: [group, server], more: true, unassigned_devices: true },
      { kind: "needs_approval", permissions: ["device.terminal"], devices: 1, customers: 0, sections: [], at: [server], more: true, unassigned_devices: true },
      { kind: "gained", permissions: ["device.chat"], devices: 3, customers: 0, sections: [], at: [group], more: false, unassigned_devices: false },
      { kind: "gained", permissions: ["admin.audit"], devices: 0, customers: 0, sections: ["organization"], at: [], more: false, unassigned_devices: false },
      { kind: "free", permissions: ["ticket.view"], devices: 0, customers: 2, sections: [], at: [], more: false, unassigned_devices: false },
    ]);
    expect(rowsOf([])).toEqual([]);
  });

  it("is counted by permission, not by place, and only where there is any", () => {
    expect(countsOf({ id: "7", name: "Tom", new: false, coming: false, differences })).toEqual([["lost", 2], ["needs_approval", 1], ["gained", 2], ["free", 1]]);
    expect(countsOf({ id: "7", name: "Tom", new: false, coming: false, differences: differences.slice(3) })).toEqual([["free", 1]]);
  });
});

const one = (name: string, purpose: Purpose, title: string): Permission => ({ name, purpose, title, category: "", description: "", view: false, sensitive: false, comes_with: [] });

describe("permissions", () => {
  const catalogue = [one("device.view", "devices", "See devices"), one("device.terminal", "devices", "Terminal"), one("device.files", "devices", "Files"), one("invitation.terminal", "invitations", "Terminal"), one("invitation.chat", "invitations", "Chat")];

  it("are told by title and purpose in the order of the catalogue", () => {
    expect(titled(["invitation.terminal", "device.files", "device.terminal"], catalogue)).toEqual([
      { purpose: "devices", titles: ["Terminal", "Files"], all: false },
      { purpose: "invitations", titles: ["Terminal"], all: false },
    ]);
  });

  it("are all of a purpose only if none is missing", () => {
    expect(titled(["invitation.terminal", "invitation.chat"], catalogue)).toEqual([{ purpose: "invitations", titles: ["Terminal", "Chat"], all: true }]);
  });

  it("that the catalogue does not have are told by their names", () => {
    expect(titled(["device.files", "device.new"], catalogue)).toEqual([{ purpose: "devices", titles: ["Files"], all: false }, { titles: ["device.new"], all: false }]);
    expect(titled(["device.files"], [])).toEqual([{ titles: ["device.files"], all: false }]);
  });
});

it("people are found by a part of their name, without regard to accents and case", () => {
  const people = [{ name: "Zoë Martin" }, { name: "Tom Ende" }];
  expect(named(people, " zoe")).toEqual([people[0]]);
  expect(named(people, "")).toEqual(people);
  expect(named(people, "x")).toEqual([]);
});

it("a change is tried out as it would be sent, its typed name in ASCII", () => {
  expect(trialOf("DELETE", "/api/roles/5", { version: 3, confirm: "Équipe de nuit" })).toEqual({
    method: "DELETE",
    path: "/api/roles/5",
    if_match: '"3"',
    confirm_name: "%C3%89quipe%20de%20nuit",
  });
  expect(trialOf("POST", "/api/grants", { body: { reason: "" } })).toEqual({ method: "POST", path: "/api/grants", body: { reason: "" } });
});
