import { expect, it } from "vitest";
import type { Import } from "@/api/types";
import { missing } from "./data";

const file = {
  fields: [
    { name: "name", label: "Name", required: true, one_of: ["given_name", "family_name"] },
    { name: "given_name", label: "Given name", required: false, one_of: [] },
    { name: "customer", label: "Customer", required: true, one_of: [] },
  ],
} as unknown as Import;

it.each([
  [{}, ["name", "customer"]],
  [{ customer: 0 }, ["name"]],
  [{ customer: 0, given_name: 2 }, []],
  [{ name: 1 }, ["customer"]],
])("asks for what is missing of %j", (mapping, want) => {
  expect(missing(file, mapping as Record<string, number>)).toEqual(want);
});
