import { describe, expect, it } from "vitest";
import { ApiError, fieldErrors, toApiError } from "./problem";

const fields = ["name", "phones", "phones.0", "phones.0.number", "phones.0.kind", "emails", "emails.0"];
const refused = (...errors: { pointer: string; message: string }[]) => ({ title: "Not acceptable input", status: 422, errors });

describe("fieldErrors", () => {
  it("lays an error on its field", () => {
    const { byField, rest } = fieldErrors(refused({ pointer: "/phones/0/number", message: "Not a number." }), fields);
    expect(byField).toEqual({ "phones.0.number": "Not a number." });
    expect(rest).toEqual([]);
  });

  it("lays an error of something deeper on the field above it", () => {
    expect(fieldErrors(refused({ pointer: "/emails/0/domain", message: "Unknown." }), fields).byField).toEqual({ "emails.0": "Unknown." });
  });

  it("keeps the first error of a field", () => {
    const twice = refused({ pointer: "/name", message: "Too short." }, { pointer: "/name", message: "Too plain." });
    expect(fieldErrors(twice, fields).byField).toEqual({ name: "Too short." });
  });

  it("returns apart what belongs to no field", () => {
    const { byField, rest } = fieldErrors(refused({ pointer: "/owner", message: "Not yours." }, { pointer: "", message: "No." }), fields);
    expect(byField).toEqual({});
    expect(rest).toEqual(["Not yours.", "No."]);
  });

  it("reads escaped pointers", () => {
    expect(fieldErrors(refused({ pointer: "/a~1b~0c", message: "No." }), ["a/b~c"]).byField).toEqual({ "a/b~c": "No." });
  });
});

describe("toApiError", () => {
  it("takes over a problem and the time to wait", () => {
    const response = new Response(null, { status: 429, headers: { "Retry-After": "7" } });
    const error = toApiError({ title: "Too many", status: 429, code: "message.limited", detail: "Wait." }, response);
    expect(error).toBeInstanceOf(ApiError);
    expect([error.status, error.code, error.message, error.retryAfter]).toEqual([429, "message.limited", "Wait.", 7]);
  });

  it("makes a problem of an answer without one, and of none", () => {
    expect(toApiError("<html>", new Response(null, { status: 502, statusText: "Bad Gateway" })).status).toBe(502);
    expect(toApiError(null).code).toBe("connection.lost");
  });
});
