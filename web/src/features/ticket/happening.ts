import type { TFunction } from "i18next";
import { actionText } from "@/features/auditlog/actions";
import type { Happening } from "@/api/types";

const fields = ["summary", "description", "status", "priority", "assigned_to", "contact_id"] as const;

/** One line of a change: the field, and what it was and is. A description is too long to be repeated. */
export interface ChangeLine {
  field: string;
  before: string;
  after: string;
}

/** What a change on a ticket changed, in the words of the console. Ids of people give way to their names beside them. */
export function changeLines(changes: Happening["changes"], t: TFunction): ChangeLine[] {
  return fields
    .filter((field) => field in changes)
    .map((field) => {
      const change = changes[`${field.replace(/_id$/, "")}_name`] ?? changes[field] ?? {};
      const long = field === "description";
      return { field: t(`ticket.field.${field}`), before: long ? "" : word(field, change.before, t), after: long ? "" : word(field, change.after, t) };
    });
}

function word(field: (typeof fields)[number], value: unknown, t: TFunction): string {
  if (typeof value !== "string" || value === "") {
    return field === "assigned_to" ? t("ticket.nobody") : "–";
  }
  if (field === "status") {
    return t(`state.${value as "open"}`, { defaultValue: value });
  }
  return field === "priority" ? t(`priority.${value as "low"}`, { defaultValue: value }) : value;
}

/** What happened, as a sentence without who and when. */
export function happeningTitle(x: Pick<Happening, "kind" | "action" | "facts">, t: TFunction): string {
  switch (x.kind) {
    case "change":
      return actionText(x.action, t);
    case "verification":
      return t("timeline.verification", {
        name: x.facts.contact_name ?? "",
        method: t(`method.${x.facts.method as "sms_code"}.name`, { defaultValue: x.facts.method ?? "" }),
      });
    case "technician_verification":
      return t("timeline.technicianVerification", { name: x.facts.contact_name ?? "" });
    default:
      return "";
  }
}
