import type { VerificationPolicy } from "@/api/types";

export const yesNo = ["yes", "no"] as const;

type Own = VerificationPolicy["own"];

/** What the form edits: "" and [] mean that nothing is said. */
export interface PolicyValues extends Record<string, unknown> {
  methods: string[];
  levels: Record<string, string | null>;
  two_methods: string | null;
  hold_hours: number | string;
  shield_minutes: number | string;
  note_required: string | null;
  confirm_digits: string | null;
  show_on_load: string | null;
  banner_text: string;
  banner_color: string;
}

/** The form of a policy. */
export function toForm({ own, actions }: Pick<VerificationPolicy, "own" | "actions">): PolicyValues {
  return {
    methods: own.methods ?? [],
    levels: Object.fromEntries(actions.map((a) => [a, own.levels?.[a] ?? null])),
    two_methods: said(own.two_methods),
    hold_hours: own.hold_hours ?? "",
    shield_minutes: own.shield_minutes ?? "",
    note_required: said(own.note_required),
    confirm_digits: said(own.confirm_digits),
    show_on_load: said(own.show_on_load),
    banner_text: own.banner?.text ?? "",
    banner_color: own.banner?.color ?? "blue",
  };
}

/** The policy of a form, without whatever it leaves open. */
export function fromForm(values: PolicyValues, actions: readonly string[]): Own {
  const levels = Object.fromEntries(actions.flatMap((a) => (values.levels[a] ? [[a, values.levels[a]]] : [])));
  const text = values.banner_text.trim();
  const own: Own = {
    methods: values.methods.length > 0 ? values.methods : undefined,
    levels: Object.keys(levels).length > 0 ? levels : undefined,
    two_methods: meant(values.two_methods),
    hold_hours: typeof values.hold_hours === "number" ? values.hold_hours : undefined,
    shield_minutes: typeof values.shield_minutes === "number" ? values.shield_minutes : undefined,
    note_required: meant(values.note_required),
    confirm_digits: meant(values.confirm_digits),
    show_on_load: meant(values.show_on_load),
    banner: text ? { text, color: values.banner_color as NonNullable<Own["banner"]>["color"] } : undefined,
  };
  return JSON.parse(JSON.stringify(own)) as Own; // without the fields that are undefined
}

function said(value: boolean | undefined): string | null {
  return value === undefined ? null : value ? "yes" : "no";
}

function meant(value: string | null): boolean | undefined {
  return value === "yes" ? true : value === "no" ? false : undefined;
}
