import { expect, it } from "vitest";
import { linesOf, networksOf } from "./networks";
import { proofsOf } from "./proofs";

it("reads networks however they are parted", () => {
  expect(networksOf(" 203.0.113.0/24\n\n2001:db8::/32, 198.51.100.7;10.0.0.0/8 ")).toEqual(["203.0.113.0/24", "2001:db8::/32", "198.51.100.7", "10.0.0.0/8"]);
  expect(networksOf("  \n")).toEqual([]);
  expect(networksOf(linesOf(["203.0.113.0/24", "2001:db8::/32"]))).toEqual(["203.0.113.0/24", "2001:db8::/32"]);
});

it("offers a passkey only where the browser can use one", () => {
  expect(proofsOf(["password", "code", "passkey"], true)).toEqual({ passkey: true, password: true, code: true });
  expect(proofsOf(["password", "passkey"], false)).toEqual({ passkey: false, password: true, code: false });
  expect(proofsOf([], true)).toEqual({ passkey: false, password: false, code: false });
});
