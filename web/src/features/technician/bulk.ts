import type { Selection } from "@/components/list/BulkBar";

/** What can be done with many technicians at once, in the order of the menu. */
export const groups = {
  access: ["assign_role", "add_to_team", "remove_from_team", "assign_customers", "remove_customers"],
  security: ["reset_passwords", "require_mfa", "revoke_access"],
  contact: ["notify"],
  life: ["suspend", "reactivate", "delete_invitations", "delete"],
} as const;

export type BulkAction = (typeof groups)[keyof typeof groups][number];

/** What cannot be taken back at once: the number of people has to be typed first. */
const dangerous: ReadonlySet<BulkAction> = new Set<BulkAction>(["reset_passwords", "revoke_access", "suspend", "delete_invitations", "delete"]);

export function isDangerous(action: BulkAction): boolean {
  return dangerous.has(action);
}

/** What changes who may do what: it is shown before. */
const rights: ReadonlySet<BulkAction> = new Set<BulkAction>([...groups.access, "suspend", "reactivate", "delete_invitations", "delete"]);

export function changesRights(action: BulkAction): boolean {
  return rights.has(action);
}

/** What is chosen for an action; each action needs a part of it. */
export interface BulkChoice extends Record<string, unknown> {
  role: string;
  platform_role_id: string;
  team_id: string;
  customer_ids: string[];
  subject: string;
  body: string;
  ways: string[];
}

export const noChoice: BulkChoice = { role: "technician", platform_role_id: "", team_id: "", customer_ids: [], subject: "", body: "", ways: ["email"] };

/** Whether what the action needs is there. */
export function isComplete(action: BulkAction, choice: BulkChoice): boolean {
  switch (action) {
    case "assign_role":
      return choice.role !== "";
    case "add_to_team":
    case "remove_from_team":
      return choice.team_id !== "";
    case "assign_customers":
    case "remove_customers":
      return choice.customer_ids.length > 0;
    case "notify":
      return choice.subject.trim() !== "" && choice.body.trim() !== "" && choice.ways.length > 0;
    default:
      return true;
  }
}

/** What is sent: either the people one by one, or the filter that finds them, never both; and only what the action needs. */
export function bulkRequest(action: BulkAction, selection: Pick<Selection<unknown>, "all" | "ids" | "filter">, choice: BulkChoice) {
  const whom = selection.all ? { filter: selection.filter } : { ids: selection.ids };
  switch (action) {
    case "assign_role":
      return { action, ...whom, role: choice.role, platform_role_id: choice.platform_role_id };
    case "add_to_team":
    case "remove_from_team":
      return { action, ...whom, team_id: choice.team_id };
    case "assign_customers":
    case "remove_customers":
      return { action, ...whom, customer_ids: choice.customer_ids };
    case "notify":
      return { action, ...whom, message: { subject: choice.subject.trim(), body: choice.body.trim(), ways: choice.ways } };
    default:
      return { action, ...whom };
  }
}
