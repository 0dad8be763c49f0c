import { BadgeCheck, Building2, ContactRound, History, Plus, Settings2, Ticket, UserCog } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan, useMe } from "@/app/me";
import { useRecent } from "@/app/recent";
import { visibleGroups } from "@/app/sections";
import { visibleTabs } from "@/features/settings/tabs";
import type { Command } from "./commands";

/** What can be reached without asking the server: sections, settings, new things, and where one was last. */
export function usePlaces(): { recent: Command[]; sections: Command[]; create: Command[]; settings: Command[] } {
  const { t } = useTranslation();
  const me = useMe();
  const can = useCan();
  const recent = useRecent();
  const create = [
    { needs: "contact.edit", to: "/contacts?new=1", label: t("contact.new"), icon: ContactRound },
    { needs: "ticket.create", to: "/tickets?new=1", label: t("ticket.new"), icon: Ticket },
    { needs: "admin.customers", to: "/customers?new=1", label: t("customer.new"), icon: Building2 },
    { needs: "admin.technicians", to: "/technicians?new=1", label: t("technician.new"), icon: UserCog },
    { needs: "admin.technicians", to: "/teams?new=1", label: t("team.new"), icon: Plus },
    { needs: "admin.roles", to: "/roles?new=1", label: t("newRole"), icon: Plus },
    { needs: "admin.devices", to: "/devices?new=1", label: t("device.new"), icon: Plus },
    { needs: "admin.import", to: "/import", label: t("import.title"), icon: Plus },
  ];
  return {
    recent: recent.map((place) => ({ id: `recent ${place.to}`, label: place.title, to: place.to, icon: History })),
    sections: visibleGroups(me, can)
      .flatMap((group) => group.sections)
      .map((s) => ({ id: s.to, label: t(`nav.${s.key}`), to: s.to, icon: s.icon })),
    create: create.filter((c) => can(c.needs)).map((c) => ({ id: c.to, label: c.label, to: c.to, icon: c.icon })),
    settings: visibleTabs(can).map((tab) => ({ id: `/settings/${tab.key}`, label: tab.title(t), detail: t("nav.settings"), to: `/settings/${tab.key}`, icon: Settings2 })),
  };
}

/** The icon of a verification. */
export const verifyIcon = BadgeCheck;
