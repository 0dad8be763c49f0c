import { expect, it } from "vitest";
import { onlyDigits } from "./onlyDigits";

it.each([
  ["123 456", "123456"],
  [" 12-34–56\n", "123456"],
  ["１２３４５６", "123456"],
  ["٠١٢٣٤٥", "012345"],
  ["code: 98 76 54!", "987654"],
  ["", ""],
])("%j is %j", (typed, digits) => {
  expect(onlyDigits(typed)).toBe(digits);
});
