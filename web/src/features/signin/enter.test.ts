import { expect, it } from "vitest";
import { safeNext } from "./enter";

it.each([
  [undefined, "/"],
  ["/contacts?q=pia", "/contacts?q=pia"],
  ["https://example.com/", "/"],
  ["//example.com", "/"],
  ["/\\example.com", "/"],
  ["javascript:alert(1)", "/"],
  ["/sign-in?next=/x", "/"],
])("after the sign-in %j leads to %j", (next, place) => {
  expect(safeNext(next)).toBe(place);
});
