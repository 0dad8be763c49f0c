import i18next, { type TFunction } from "i18next";
import { beforeAll, expect, it } from "vitest";
import { en } from "@/i18n/en/all";
import { kindName, sentence } from "./words";

let t: TFunction;
beforeAll(async () => {
  const texts = i18next.createInstance();
  await texts.init({ lng: "en", resources: { en: { translation: en } }, interpolation: { escapeValue: false } });
  t = texts.t;
});

it("says what happened with the names of the data", () => {
  expect(sentence({ kind: "ticket.assigned", data: { number: "1042", summary: "Printer" } }, t)).toEqual({ title: "Ticket #1042 is yours", text: "Printer" });
  expect(sentence({ kind: "account.role_changed", data: { role: "manager", before: "read_only" } }, t).text).toBe("You are now: Manager. Before: Read only.");
  expect(sentence({ kind: "announcement", data: { subject: "Friday", body: "We <b>move</b>" } }, t)).toEqual({ title: "Friday", text: "We <b>move</b>" });
  expect(sentence({ kind: "security.factors_changed", data: { change: "passkey_added", name: "Laptop" } }, t).text).toMatch(/^The passkey “Laptop” was added\. /);
});

it("leaves no placeholder open, and shows a kind that it does not know by its name", () => {
  const data = { device: "d", address: "a", role: "manager", before: "owner", added: "1", removed: "2", done: "3", failed: "4", number: "5", summary: "s", name: "n", failures: "6", subject: "x", body: "y" };
  for (const kind of ["security.new_device", "security.password_changed", "security.factors_reset", "account.customers_changed", "task.finished", "admin.failed_sign_ins", "admin.new_administrator"]) {
    const { title, text } = sentence({ kind, data }, t);
    expect(`${title} ${text}`).not.toMatch(/\{\{|notice\./);
    expect(kindName(kind, t)).not.toMatch(/notice\./);
  }
  expect(sentence({ kind: "from.the_future", data: {} }, t).title).toBe("from.the_future");
});
