import { describe, expect, it } from "vitest";
import { changedTechnician, newTechnician, valuesOf } from "./values";

const values = { ...valuesOf(), email: "tom@example.com", password: "left over from before", other_phones: [{ number: " ", kind: "mobile" as const }, { number: "+12125550142", kind: "landline" as const }] };

describe("a new technician", () => {
  it("is invited without a password, even when one was typed first", () => {
    const sent = newTechnician({ ...values, first: "invite" });
    expect(sent).toMatchObject({ send_invitation: true, email: "tom@example.com" });
    expect(sent).not.toHaveProperty("password");
    expect(sent).not.toHaveProperty("first");
  });

  it("gets the temporary password and no invitation", () => {
    const sent = newTechnician({ ...values, first: "password" });
    expect(sent).toMatchObject({ password: "left over from before" });
    expect(sent).not.toHaveProperty("send_invitation");
  });

  it("can be prepared without either", () => {
    const sent = newTechnician({ ...values, first: "later" });
    expect(sent).not.toHaveProperty("password");
    expect(sent).not.toHaveProperty("send_invitation");
  });

  it("has no blank numbers", () => {
    expect(newTechnician(values).other_phones).toEqual([{ number: "+12125550142", kind: "landline" }]);
  });
});

describe("a changed technician", () => {
  it("is sent as what changed, without what only the form knows", () => {
    expect(changedTechnician({ job_title: "Lead", first: "later", password: "x" })).toEqual({ job_title: "Lead" });
  });

  it("loses blank numbers only when numbers were changed", () => {
    expect(changedTechnician({ other_phones: [{ number: "", kind: "other" }] })).toEqual({ other_phones: [] });
    expect(changedTechnician({ email: "a@example.com" })).not.toHaveProperty("other_phones");
  });
});
