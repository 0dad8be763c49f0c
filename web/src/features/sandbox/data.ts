import { useQueries, useQuery } from "@tanstack/react-query";
import { api, must } from "@/api/client";
import type { Contact, SandboxMessage } from "@/api/types";
import { usePreference } from "@/app/preference";
import { contactQuery } from "@/features/contact/data";
import { useSent } from "./sent";

export type Kind = SandboxMessage["kind"];

/** A message on the phone, with who wrote it. */
export interface PhoneMessage extends SandboxMessage {
  mine: boolean;
}

/** Whose phone it is: the contact chosen, or the one on screen. */
export function usePhoneContact(): { contact: Contact | undefined; choose: (id: string) => void } {
  const [id, choose] = usePreference("cs-phone-contact", "");
  const query = useQuery({ ...contactQuery(id), enabled: id !== "", retry: false });
  const first = useQuery({
    queryKey: ["contacts", { phone: true }],
    queryFn: () => must(api.GET("/api/contacts", { params: { query: { limit: 1, sort: "name" } } })),
    enabled: id === "" || query.isError,
  });
  return { contact: query.data ?? first.data?.items[0], choose };
}

/** What the sandbox carrier has brought to these numbers and addresses and what was answered, oldest first. */
export function useMessages(addresses: string[]): { messages: PhoneMessage[]; isPending: boolean; error: unknown } {
  const sent = useSent();
  const results = useQueries({
    queries: addresses.map((to) => ({
      queryKey: ["sandbox", to],
      queryFn: () => must(api.GET("/api/sandbox/messages", { params: { query: { to, limit: 100 } } })),
    })),
  });
  const brought = results.flatMap((r) => r.data?.items ?? []).map((m) => ({ ...m, mine: false }));
  const answered = sent.filter((m) => addresses.includes(m.from)).map((m) => ({ ...m, mine: true }));
  return {
    messages: [...brought, ...answered].toSorted((a, b) => a.created_at.localeCompare(b.created_at)),
    isPending: results.some((r) => r.isPending),
    error: results.find((r) => r.isError)?.error ?? null,
  };
}

/** The number and address that end users write to. */
export function useServiceAddresses(): { phone: string; email: string } {
  const settings = useQuery({
    queryKey: ["settings", "verification"],
    queryFn: () => must(api.GET("/api/settings/verification")),
    staleTime: 300_000,
    retry: false,
  });
  return { phone: settings.data?.phone_number ?? "+12125550100", email: settings.data?.email ?? "verify@sandbox.example.com" };
}
