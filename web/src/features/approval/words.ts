import type { TFunction } from "i18next";
import type { Approval } from "@/api/types";
import { permissionTitle } from "@/app/permissions";
import { duration } from "@/components/time";

type Fact = Approval["facts"][number];

/** What a request is for, as a title: "Delete the device NW-LAPTOP-04". */
export function titleOf({ action, target }: Pick<Approval, "action" | "target">, t: TFunction): string {
  const name = action === "technician.bulk" ? t(`bulk.action.${target.name as "suspend"}`, { defaultValue: target.name }) : target.name;
  const what = name || t(`approval.place.${target.type as "organization"}`, { defaultValue: target.type });
  return t(`approval.title.${action.replaceAll(".", "_") as "grant"}`, { target: what, defaultValue: `${action} ${what}` });
}

/** What an action is called where its target is plain from the page. */
export function titleOfAction(action: string, t: TFunction): string {
  return t(`approval.name.${action.replaceAll(".", "_") as "grant"}`, { defaultValue: action });
}

/** What a fact is called. */
export function factName(name: string, t: TFunction): string {
  return t(`approval.fact.${name as "device"}`, { defaultValue: name });
}

/** What a fact says, in the language of the console; a name stays as it is. */
export function factText({ name, value }: Fact, action: string, t: TFunction, language: string): string {
  switch (name) {
    case "minutes":
      return span(Number(value), language);
    case "permission":
      return permissionTitle(value);
    case "permissions":
      return value.split(", ").map(permissionTitle).join(", ");
    case "platform":
      return t(`device.platforms.${value as "windows"}`, { defaultValue: value });
    case "policy_action":
      return t(`asked.${value as "bank_data"}`, { defaultValue: value });
    case "bulk_action":
      return t(`bulk.action.${value as "suspend"}`, { defaultValue: value });
    case "scope_type":
      return t(`approval.kind.${value as "device"}`, { defaultValue: value });
    case "role":
      return action === "grant" ? value : t(`role.${value as "manager"}`, { defaultValue: value });
    case "ticket":
      return `#${value}`;
    default:
      return value;
  }
}

/** A span of minutes in its largest whole unit: "4 hours", "3 days". */
export function span(minutes: number, language: string): string {
  const days = minutes / 1440;
  return days >= 2 && Number.isInteger(days) ? new Intl.NumberFormat(language, { style: "unit", unit: "day", unitDisplay: "long" }).format(days) : duration(minutes * 60, language);
}
