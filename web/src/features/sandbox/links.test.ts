import { expect, it } from "vitest";
import { parts } from "./links";

it("finds links and leaves the sentence's full stop outside", () => {
  expect(parts("Open http://localhost:8080/v/aB-c_9. Reply NO if not.")).toEqual([
    { text: "Open " },
    { text: "http://localhost:8080/v/aB-c_9", href: "http://localhost:8080/v/aB-c_9" },
    { text: ". Reply NO if not." },
  ]);
});

it("makes links of web addresses only", () => {
  expect(parts("javascript:alert(1) and mailto:x@example.com")).toEqual([{ text: "javascript:alert(1) and mailto:x@example.com" }]);
});
