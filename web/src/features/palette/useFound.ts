import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Building2, ContactRound, MonitorSmartphone, Ticket, UserCog, Users } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { useCan } from "@/app/me";
import { ticketName } from "@/features/ticket/data";
import type { Command } from "./commands";
import { verifyIcon } from "./places";

const limit = 5;

interface Found {
  people: Command[];
  verify: Command[];
  tickets: Command[];
  others: Command[];
  busy: boolean;
}

/**
 * Asks the lists for what is typed, all at once. The next letter calls off what is still under way.
 * `verifying` is the name after "verify": then only contacts are asked, and they lead to their panel.
 */
export function useFound(text: string, verifying: string | null): Found {
  const { t } = useTranslation();
  const can = useCan();
  const q = (verifying ?? text).trim();
  const wanted = q.length >= 2;
  const others = wanted && verifying === null;
  const query = { q, limit };
  const shared = { placeholderData: keepPreviousData, staleTime: 5000, gcTime: 30_000 };
  const contacts = useQuery({
    queryKey: ["contacts", "palette", q],
    queryFn: ({ signal }) => must(api.GET("/api/contacts", { params: { query }, signal })),
    enabled: wanted && can("contact.view"),
    ...shared,
  });
  const customers = useQuery({
    queryKey: ["customers", "palette", q],
    queryFn: ({ signal }) => must(api.GET("/api/customers", { params: { query }, signal })),
    enabled: others && can("customer.view"),
    ...shared,
  });
  const tickets = useQuery({
    queryKey: ["tickets", "palette", q],
    queryFn: ({ signal }) => must(api.GET("/api/tickets", { params: { query: { ...query, q: q.replace(/^#/, "") } }, signal })),
    enabled: others && can("ticket.view"),
    ...shared,
  });
  const technicians = useQuery({
    queryKey: ["technicians", "palette", q],
    queryFn: ({ signal }) => must(api.GET("/api/technicians", { params: { query }, signal })),
    enabled: others && can("admin.technicians"),
    ...shared,
  });
  const devices = useQuery({
    queryKey: ["devices", "palette", q],
    queryFn: ({ signal }) => must(api.GET("/api/devices", { params: { query }, signal })),
    enabled: others && can("device.view"),
    ...shared,
  });
  const teams = useQuery({
    queryKey: ["teams", "palette", q],
    queryFn: ({ signal }) => must(api.GET("/api/teams", { params: { query }, signal })),
    enabled: others && can("admin.technicians"),
    ...shared,
  });
  const people = wanted ? (contacts.data?.items ?? []) : [];
  return {
    verify: verifying === null ? [] : people.map((c) => ({ id: `verify ${c.id}`, label: c.name, detail: c.customer_name, to: `/contacts/${c.id}?tab=verify`, icon: verifyIcon })),
    people: [
      ...(others ? people.map((c) => ({ id: c.id, label: c.name, detail: c.customer_name, to: `/contacts/${c.id}`, icon: ContactRound })) : []),
      ...(others ? (technicians.data?.items ?? []) : []).map((x) => ({ id: x.id, label: x.name, detail: x.email, to: `/technicians/${x.id}`, icon: UserCog })),
    ],
    tickets: (others ? (tickets.data?.items ?? []) : []).map((x) => ({ id: x.id, label: ticketName(x), detail: x.customer_name, to: `/tickets/${x.id}`, icon: Ticket })),
    others: others
      ? [
          ...(customers.data?.items ?? []).map((x) => ({ id: x.id, label: x.name, detail: t("customer.one"), to: `/customers/${x.id}`, icon: Building2 })),
          ...(teams.data?.items ?? []).map((x) => ({ id: x.id, label: x.name, detail: t("nav.teams"), to: `/teams/${x.id}`, icon: Users })),
          ...(devices.data?.items ?? []).map((x) => ({ id: x.id, label: x.name, detail: t("nav.devices"), to: `/devices/${x.id}`, icon: MonitorSmartphone })),
        ]
      : [],
    busy: [contacts, customers, tickets, technicians, devices, teams].some((x) => x.isFetching),
  };
}
