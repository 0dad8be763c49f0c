import type { TFunction } from "i18next";
import type { Notification } from "@/api/types";

/** The kinds as texts know them. */
const named = [
  "security.new_device",
  "security.password_changed",
  "security.factors_changed",
  "security.factors_reset",
  "security.log_altered",
  "account.role_changed",
  "account.customers_changed",
  "task.finished",
  "ticket.assigned",
  "admin.failed_sign_ins",
  "admin.new_administrator",
  "admin.overrides",
  "approval.asked",
  "approval.ended",
  "security.break_glass",
  "review.asked",
  "review.due",
  "review.ended",
  "announcement",
] as const;

export type Kind = (typeof named)[number];

/** Whether this console knows a kind; one that a newer server sends is shown by its name. */
export function isKnown(kind: string): kind is Kind {
  return (named as readonly string[]).includes(kind);
}

function key<K extends Kind>(kind: K) {
  return kind.replaceAll(".", "_") as "announcement";
}

/** What a kind is called in the preferences. */
export function kindName(kind: string, t: TFunction): string {
  if (!isKnown(kind)) {
    return kind;
  }
  return kind === "ticket.assigned" ? t("told.ticket") : t(`notice.${key(kind)}`);
}

/** A notification as two lines: what happened, and what to know about it. */
export function sentence({ kind, data }: Pick<Notification, "kind" | "data">, t: TFunction): { title: string; text: string } {
  if (!isKnown(kind)) {
    return { title: kind, text: "" };
  }
  if (kind === "announcement") {
    return { title: data.subject || t("notice.announcement"), text: t("notice.announcementText", { body: data.body ?? "" }) };
  }
  const values = {
    ...data,
    ...(kind === "account.role_changed" && { role: roleName(data.role, t), before: roleName(data.before, t) }),
    ...(kind === "approval.ended" && { state: t(`approvalEnd.${data.state as "refused"}`, { defaultValue: data.state ?? "" }) }),
  };
  const title = t(`notice.${key(kind)}`, values);
  const text = t(`notice.${key(kind)}Text` as "notice.announcementText", values as never);
  const change = kind === "security.factors_changed" && data.change ? t(`factorChange.${data.change}` as "factorChange.totp_added", { name: data.name ?? "", defaultValue: "" }) : "";
  return { title, text: [change, text].filter(Boolean).join(" ") };
}

function roleName(role: string | undefined, t: TFunction): string {
  return role ? t(`role.${role}` as "role.owner", { defaultValue: role }) : "";
}
