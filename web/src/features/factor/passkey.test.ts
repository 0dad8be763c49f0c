import { describe, expect, test } from "vitest";
import { bytes, canAutofillPasskeys, canUsePasskeys, createPasskey, creationOptions, credentialJSON, failureOf, getPasskey, isNumber, PasskeyError, requestOptions, text } from "./passkey";

const buffer = (...values: number[]) => Uint8Array.from(values).buffer;

describe("base64url", () => {
  test.each([[[], ""], [[0], "AA"], [[251, 255, 254], "-__-"], [[1, 2, 3, 4], "AQIDBA"]] as const)("%j is %s", (values, encoded) => {
    expect(text(buffer(...values))).toBe(encoded);
    expect([...new Uint8Array(bytes(encoded))]).toEqual([...values]);
  });
  test("padding is taken", () => {
    expect([...new Uint8Array(bytes("AQIDBA=="))]).toEqual([1, 2, 3, 4]);
  });
});

test("options of the server become those of the browser", () => {
  const made = creationOptions({
    challenge: "AQ", user: { id: "Ag", name: "pia@example.com", displayName: "Pia" }, excludeCredentials: [{ id: "Aw", transports: ["usb"] }], rp: { id: "cs.example.com" },
  });
  expect([...new Uint8Array(made.challenge as ArrayBuffer)]).toEqual([1]);
  expect([...new Uint8Array(made.user.id as ArrayBuffer)]).toEqual([2]);
  expect([...new Uint8Array(made.excludeCredentials?.[0]?.id as ArrayBuffer)]).toEqual([3]);
  expect(made.excludeCredentials?.[0]).toMatchObject({ type: "public-key", transports: ["usb"] });
  expect(made.rp.id).toBe("cs.example.com");
  expect(requestOptions({ challenge: "AQ" }).allowCredentials).toBeUndefined();
  expect([...new Uint8Array(requestOptions({ challenge: "AQ", allowCredentials: [{ id: "Aw" }] }).allowCredentials?.[0]?.id as ArrayBuffer)]).toEqual([3]);
});

test("answers of the browser become those of the server", () => {
  const credential = (response: object) =>
    credentialJSON({ id: "AQ", rawId: buffer(1), type: "public-key", authenticatorAttachment: "platform", getClientExtensionResults: () => ({}), response } as never);
  expect(credential({ clientDataJSON: buffer(2), attestationObject: buffer(3), getTransports: () => ["internal"] })).toEqual({
    id: "AQ", rawId: "AQ", type: "public-key", authenticatorAttachment: "platform", clientExtensionResults: {},
    response: { clientDataJSON: "Ag", attestationObject: "Aw", transports: ["internal"] },
  });
  expect(credential({ clientDataJSON: buffer(2), authenticatorData: buffer(3), signature: buffer(4), userHandle: null })).toMatchObject({
    response: { clientDataJSON: "Ag", authenticatorData: "Aw", signature: "BA" },
  });
});

test("refusals are told apart as far as browsers do", () => {
  expect(failureOf(new DOMException("", "NotAllowedError"))).toBe("canceled");
  expect(failureOf(new DOMException("", "AbortError"))).toBe("canceled");
  expect(failureOf(new DOMException("", "InvalidStateError"))).toBe("exists");
  expect(failureOf(new DOMException("", "SecurityError"))).toBe("unavailable");
  expect(failureOf("whatever")).toBe("failed");
});

test("a browser without passkeys is no error", async () => {
  expect(canUsePasskeys()).toBe(false);
  expect(await canAutofillPasskeys()).toBe(false);
  await expect(createPasskey({ challenge: "AQ", user: { id: "AQ" } })).rejects.toThrow(PasskeyError);
  await expect(getPasskey({ challenge: "AQ" })).rejects.toMatchObject({ failure: "unavailable" });
});

test.each([["127.0.0.1", true], ["[::1]", true], ["localhost", false], ["cs.example.com", false], ["10.example.com", false]])("%s is a number: %s", (host, number) => {
  expect(isNumber(host)).toBe(number);
});
