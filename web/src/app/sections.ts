import { BadgeCheck, BookOpenText, Building2, ChartNoAxesColumn, ClipboardCheck, ContactRound, House, KeyRound, MonitorSmartphone, Scale, ScrollText, Send, Settings, Smartphone, Ticket, UserCheck, UserCog, Users, Waypoints, type LucideIcon } from "lucide-react";
import type { Me } from "@/api/types";

export interface Section {
  key: "desk" | "verify" | "tickets" | "messages" | "technicians" | "teams" | "customers" | "contacts" | "devices" | "roles" | "graph" | "decisions" | "approvals" | "reviews" | "documents" | "sandbox" | "reports" | "audit" | "settings";
  to: string;
  icon: LucideIcon;
  /** The letter after g. */
  letter: string;
  /** Shown to those who hold this; to everybody when absent. */
  needs?: string;
  /** Shown also to whom this is true of. */
  or?: (me: Me) => boolean;
  sandbox?: true;
}

export interface SectionGroup {
  key: "work" | "people" | "access" | "insight";
  sections: Section[];
}

/** The navigation, in its order. */
export const groups: SectionGroup[] = [
  {
    key: "work",
    sections: [
      { key: "desk", to: "/", icon: House, letter: "d" },
      { key: "verify", to: "/verify", icon: BadgeCheck, letter: "v", needs: "verification.run" },
      { key: "tickets", to: "/tickets", icon: Ticket, letter: "t", needs: "ticket.view" },
      { key: "messages", to: "/messages", icon: Send, letter: "o", needs: "verification.run" },
    ],
  },
  {
    key: "people",
    sections: [
      { key: "technicians", to: "/technicians", icon: UserCog, letter: "e", needs: "admin.technicians" },
      { key: "teams", to: "/teams", icon: Users, letter: "m", needs: "admin.technicians", or: (me) => me.technician.team_ids.length > 0 },
      { key: "customers", to: "/customers", icon: Building2, letter: "u", needs: "customer.view" },
      { key: "contacts", to: "/contacts", icon: ContactRound, letter: "c", needs: "contact.view" },
    ],
  },
  {
    key: "access",
    sections: [
      { key: "devices", to: "/devices", icon: MonitorSmartphone, letter: "i", needs: "device.view" },
      { key: "roles", to: "/roles", icon: KeyRound, letter: "y", needs: "admin.roles", or: (me) => me.permissions.includes("admin.technicians") },
      { key: "graph", to: "/access-graph", icon: Waypoints, letter: "h", needs: "admin.roles", or: (me) => me.permissions.includes("admin.technicians") },
      { key: "decisions", to: "/decisions", icon: Scale, letter: "k", needs: "admin.audit" },
      { key: "approvals", to: "/approvals", icon: UserCheck, letter: "w" },
      { key: "reviews", to: "/reviews", icon: ClipboardCheck, letter: "q", needs: "admin.reviews", or: (me) => me.technician.team_ids.length > 0 },
    ],
  },
  {
    key: "insight",
    sections: [
      { key: "sandbox", to: "/sandbox", icon: Smartphone, letter: "p", needs: "verification.run", sandbox: true },
      { key: "documents", to: "/documents", icon: BookOpenText, letter: "l" },
      { key: "reports", to: "/reports", icon: ChartNoAxesColumn, letter: "r", needs: "verification.run" },
      { key: "audit", to: "/audit", icon: ScrollText, letter: "a", needs: "admin.audit" },
      { key: "settings", to: "/settings", icon: Settings, letter: "s" },
    ],
  },
];

/** The sections that this person may see. */
export function visibleGroups(me: Me | undefined, can: (permission: string) => boolean): SectionGroup[] {
  return groups
    .map((group) => ({
      ...group,
      sections: group.sections.filter((s) => (!s.needs || can(s.needs) || (me !== undefined && s.or?.(me) === true)) && (!s.sandbox || me?.organization.sandbox === true)),
    }))
    .filter((group) => group.sections.length > 0);
}
