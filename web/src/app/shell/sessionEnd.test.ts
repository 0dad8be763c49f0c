import { expect, it } from "vitest";
import { endOf } from "./sessionEnd";

it.each([
  [{ expires_at: "2026-03-01T20:00:00Z", idle_expires_at: "2026-03-01T12:30:00Z" }, { at: "2026-03-01T12:30:00Z", final: false }],
  [{ expires_at: "2026-03-01T20:00:00Z", idle_expires_at: "2026-03-01T20:00:00Z" }, { at: "2026-03-01T20:00:00Z", final: true }],
  [null, null],
])("of %j the end is %j", (session, end) => {
  expect(endOf(session)).toEqual(end);
});
