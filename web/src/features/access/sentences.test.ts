import i18next, { type TFunction } from "i18next";
import { beforeAll, describe, expect, it } from "vitest";
import type { AccessPath } from "@/api/types";
import { en } from "@/i18n/en/all";
import { fr } from "@/i18n/fr";
import { missText, plainText, sentence, type Telling, verdict } from "./sentences";

const now = new Date("2026-11-30T12:00:00Z");
const northwind = { type: "customer", id: "c1", name: "Northwind" } as const;
const whole = { id: "", name: "" };
const grant: AccessPath = { by: "grant", id: "g1", role: { id: "r1", name: "Night shift" }, at: northwind };

let telling: Telling;
let french: Telling;

beforeAll(async () => {
  const texts = i18next.createInstance();
  await texts.init({ lng: "en", resources: { en: { translation: en }, fr: { translation: fr } }, interpolation: { escapeValue: false } });
  telling = { t: texts.t as TFunction, language: "en", now, zone: "UTC" };
  french = { t: texts.getFixedT("fr") as TFunction, language: "fr", now, zone: "UTC" };
});

const said = (path: AccessPath, denies = false) => plainText(sentence(path, denies, telling)).replaceAll(/\s/g, " ");

describe("what gives something", () => {
  it("names role, way and place", () => {
    expect(said(grant)).toBe("The role Night shift was given directly on the customer Northwind.");
    expect(said({ ...grant, team: { id: "t1", name: "Desk" }, at: { type: "all_devices", ...whole } })).toBe("The role Night shift was given to the team Desk on all devices.");
    expect(plainText(sentence({ ...grant, team: { id: "t1", name: "Desk" } }, false, french))).toBe("Le rôle Night shift a été donné à l’équipe Desk sur le client Northwind.");
  });

  it("says for how long", () => {
    expect(said({ ...grant, until: "2026-11-30T18:30:00Z" })).toBe("The role Night shift was given directly on the customer Northwind, until 6:30 PM.");
    expect(said({ ...grant, from: "2026-11-30T13:00:00Z", until: "2026-11-30T18:30:00Z" })).toContain(", from 1:00 PM until 6:30 PM.");
  });

  it("leads to role, team and place", () => {
    const pieces = sentence({ ...grant, team: { id: "t1", name: "Desk" } }, false, telling);
    expect(pieces.filter((p) => p.to)).toEqual([
      { text: "Night shift", to: "/roles/r1" },
      { text: "Desk", to: "/teams/t1?tab=access" },
      { text: "Northwind", to: "/customers/c1" },
    ]);
  });

  it("is told for everything else that can give", () => {
    expect(said({ by: "platform_role", id: "manager" })).toBe("The platform role Manager gives it at assigned customers.");
    expect(said({ by: "platform_role", id: "administrator" })).toBe("The platform role Administrator gives everything.");
    expect(said({ by: "customer_default", id: "", at: northwind })).toBe("It is a default permission at the customer Northwind.");
    expect(said({ by: "default", id: "", at: { type: "all_customers", ...whole } })).toBe("It is a default permission at all customers.");
    expect(said({ by: "override", id: "o1", at: { type: "quick_support", ...whole } })).toBe("An override for them allows it on Quick Support.");
  });
});

it("an override that denies says so", () => {
  expect(said({ by: "override", id: "o1", team: { id: "t1", name: "Desk" }, at: { type: "organization", ...whole } }, true)).toBe("An override for the team Desk takes it away on the organization.");
});

it("a name cannot put a link or another sentence into one", () => {
  const pieces = sentence({ ...grant, role: { id: "r1", name: "{{place}} \u00010\u0001" } }, false, telling);
  expect(pieces.filter((p) => p.to).map((p) => p.to)).toEqual(["/roles/r1", "/customers/c1"]);
  expect(pieces.find((p) => p.to === "/roles/r1")?.text).toBe("{{place}} \u00010\u0001");
});

describe("the verdict", () => {
  it("says what came out and the reason of a refusal", () => {
    const { t } = telling;
    expect(verdict({ outcome: "allow", reason: "" }, t)).toBe("Allowed.");
    expect(verdict({ outcome: "allow", reason: "owner" }, t)).toContain("owner");
    expect(verdict({ outcome: "needs_approval", reason: "sensitive" }, t)).toContain("approves");
    expect(verdict({ outcome: "deny", reason: "customer_out_of_scope" }, t)).toContain("not assigned");
    expect(verdict({ outcome: "deny", reason: "something_new" }, t)).toBe(verdict({ outcome: "deny", reason: "no_grant" }, t));
  });

  it("says of what comes near why it does not help", () => {
    expect(["not_yet", "expired", "lacks_permission", "customer_missing", "overruled"].map((miss) => missText(miss, telling.t)).filter((text) => text.includes("_"))).toEqual([]);
    expect(missText(undefined, telling.t)).toBe("");
  });
});
