import type { Technician, TechnicianPhone } from "@/api/types";

/** How somebody new gets in for the first time. */
export type FirstSignIn = "invite" | "password" | "later";

/** What the forms of a technician hold. Every form shows a part of it and sends what changed. */
export interface TechnicianValues extends Record<string, unknown> {
  given_name: string;
  family_name: string;
  display_name: string;
  email: string;
  phone: string;
  other_phones: TechnicianPhone[];
  job_title: string;
  department: string;
  usernames: string[];
  platform_role: Technician["platform_role"];
  platform_role_id: string;
  team_ids: string[];
  customer_ids: string[];
  ui_access: boolean;
  mfa_required: boolean;
  allowed_networks: string[];
  idle_minutes: number;
  session_hours: number;
  first: FirstSignIn;
  password: string;
}

/** What the forms begin with. */
export function valuesOf(technician?: Technician): TechnicianValues {
  return {
    given_name: technician?.given_name ?? "",
    family_name: technician?.family_name ?? "",
    display_name: technician?.display_name ?? "",
    email: technician?.email ?? "",
    phone: technician?.phone ?? "",
    other_phones: technician?.other_phones ?? [],
    job_title: technician?.job_title ?? "",
    department: technician?.department ?? "",
    usernames: technician?.usernames ?? [],
    platform_role: technician?.platform_role ?? "technician",
    platform_role_id: technician?.platform_role_id ?? "",
    team_ids: technician?.team_ids ?? [],
    customer_ids: technician?.customer_ids ?? [],
    ui_access: technician?.ui_access ?? true,
    mfa_required: technician?.mfa_required ?? false,
    allowed_networks: technician?.allowed_networks ?? [],
    idle_minutes: technician?.idle_minutes ?? 0,
    session_hours: technician?.session_hours ?? 0,
    first: "invite",
    password: "",
  };
}

/** What is sent to make a technician: no blank numbers, and the password only when that is the way in. */
export function newTechnician({ first, password, ...values }: TechnicianValues) {
  return {
    ...values,
    other_phones: withNumber(values.other_phones),
    ...(first === "password" ? { password } : {}),
    ...(first === "invite" ? { send_invitation: true } : {}),
  };
}

/** What is sent to change one: only what the form changed. */
export function changedTechnician({ first: _first, password: _password, ...changed }: Partial<TechnicianValues>) {
  return changed.other_phones ? { ...changed, other_phones: withNumber(changed.other_phones) } : changed;
}

function withNumber(phones: readonly TechnicianPhone[]): TechnicianPhone[] {
  return phones.filter((phone) => phone.number.trim() !== "");
}
