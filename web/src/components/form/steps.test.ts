import { expect, it } from "vitest";
import { missingOf, stepOf } from "./steps";

it("asks only for what is required, empty, and of this step", () => {
  const values = { name: " ", email: "pia@example.com", customer_id: null, tags: [], port: 0 };
  const required = { name: "Name", email: "Email", customer_id: "Customer", tags: "Tags", port: "Port" };
  expect(missingOf(values, required, Object.keys(values))).toEqual([["name", "Name"], ["customer_id", "Customer"], ["tags", "Tags"]]);
  expect(missingOf(values, required, ["customer_id", "email"])).toEqual([["customer_id", "Customer"]]);
});

it("finds the step of a refused field", () => {
  const steps = [{ fields: ["name"] }, { fields: ["phones", "email"] }];
  expect(stepOf(steps, ["phones.0.number"])).toBe(1);
  expect(stepOf(steps, ["email", "name"])).toBe(0);
  expect(stepOf(steps, ["other"])).toBeUndefined();
});
