import type { TFunction } from "i18next";
import { describe, expect, it } from "vitest";
import { changeLines, happeningTitle } from "./happening";

const t = ((key: string, values?: Record<string, string>) => `${key}${values?.name === undefined ? "" : ` ${values.name}`}`) as unknown as TFunction;

describe("changeLines", () => {
  it("shows names instead of ids, and nobody instead of nothing", () => {
    const lines = changeLines({ assigned_to: { before: "", after: "018f" }, assigned_to_name: { before: "", after: "Mara Lind" } }, t);
    expect(lines).toEqual([{ field: "ticket.field.assigned_to", before: "ticket.nobody", after: "Mara Lind" }]);
  });

  it("puts states and priorities in words", () => {
    expect(changeLines({ priority: { before: "normal", after: "urgent" }, status: { before: "open", after: "waiting" } }, t)).toEqual([
      { field: "ticket.field.status", before: "state.open", after: "state.waiting" },
      { field: "ticket.field.priority", before: "priority.normal", after: "priority.urgent" },
    ]);
  });

  it("does not repeat a description, and keeps out what nobody reads", () => {
    expect(changeLines({ description: { before: "a", after: "b" }, version: { before: 1, after: 2 } }, t)).toEqual([{ field: "ticket.field.description", before: "", after: "" }]);
  });
});

describe("happeningTitle", () => {
  it("says whose identity was asked for", () => {
    expect(happeningTitle({ kind: "verification", action: "", facts: { contact_name: "Pia Ende", method: "sms_code" } }, t)).toBe("timeline.verification Pia Ende");
    expect(happeningTitle({ kind: "technician_verification", action: "", facts: { contact_name: "Pia Ende" } }, t)).toBe("timeline.technicianVerification Pia Ende");
  });
});
