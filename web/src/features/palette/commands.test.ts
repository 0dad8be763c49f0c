import { Star } from "lucide-react";
import { expect, it } from "vitest";
import { matching, toVerify } from "./commands";

const commands = ["Techniciens", "Équipes", "Nouveau technicien", "Tickets"].map((label) => ({ id: label, label, to: "/", icon: Star }));
const found = (text: string) => matching(commands, text).map((c) => c.label);

it("finds commands by words without regard to accents, beginnings first", () => {
  expect(found("equi")).toEqual(["Équipes"]);
  expect(found("tech")).toEqual(["Techniciens", "Nouveau technicien"]);
  expect(found("techn nouv")).toEqual(["Nouveau technicien"]);
  expect(found("  ")).toHaveLength(4);
  expect(found("xyz")).toEqual([]);
});

it.each([
  ["verify pia en", "pia en"],
  ["Vérifier Pia", "Pia"],
  ["verifier pia", "pia"],
  ["verify ", ""],
  ["verify", null],
  ["verifying pia", null],
  ["pia", null],
])("in %j the person to verify is %j", (text, want) => {
  expect(toVerify(text, ["verify", "vérifier"])).toBe(want);
});
