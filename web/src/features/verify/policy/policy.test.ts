import { expect, test } from "vitest";
import { fromForm, toForm } from "./policy";

const actions = ["general_question", "password_reset"] as never[];

test("what a policy leaves open stays open", () => {
  expect(fromForm(toForm({ own: {}, actions }), actions)).toEqual({});
});

test("a policy comes back as it was", () => {
  const own = {
    methods: ["email_code", "sms_code"],
    levels: { password_reset: "L4" },
    two_methods: false,
    hold_hours: 0,
    shield_minutes: 30,
    note_required: true,
    confirm_digits: true,
    show_on_load: false,
    banner: { text: "Ask for Olga first", color: "red" as const },
  };
  expect(fromForm(toForm({ own, actions }), actions)).toEqual(own);
});
