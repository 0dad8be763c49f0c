import { expect, it } from "vitest";
import { ways } from "./ways";

it("offers what the person has and the browser can, the best first", () => {
  expect(ways(["recovery_code", "totp", "passkey"], true)).toEqual(["passkey", "totp", "recovery_code"]);
  expect(ways(["recovery_code", "totp", "passkey"], false)).toEqual(["totp", "recovery_code"]);
  expect(ways(["passkey"], false)).toEqual([]);
  expect(ways(["pigeon"], true)).toEqual([]);
});
