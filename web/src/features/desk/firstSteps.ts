import { useQuery } from "@tanstack/react-query";
import { api, isNotFound, must } from "@/api/client";
import { useCan, useMe } from "@/app/me";

export type FirstStepKey = "import" | "invite" | "factor" | "branding" | "mail" | "try";

export interface FirstStep {
  key: FirstStepKey;
  to: string;
  done: boolean;
}

const one = { params: { query: { limit: 1 } } };

/** What a new organization should do first, as far as this person may, and what of it is done: told by what is there, not by clicks. */
export function useFirstSteps(wanted = true): { steps: FirstStep[]; isPending: boolean } {
  const can = useCan();
  const me = useMe();
  const staff = can("admin.technicians");
  const settings = can("admin.settings");
  const people = can("contact.edit") && can("contact.view");
  const sandbox = can("verification.run") && me?.organization.sandbox === true;
  const contacts = useQuery({ queryKey: ["contacts", one], queryFn: () => must(api.GET("/api/contacts", one)), enabled: wanted && people });
  const technicians = useQuery({
    queryKey: ["technicians", "two"],
    queryFn: () => must(api.GET("/api/technicians", { params: { query: { limit: 2 } } })),
    enabled: wanted && staff,
  });
  const factors = useQuery({ queryKey: ["factors"], queryFn: () => must(api.GET("/api/me/factors")), enabled: wanted });
  const branding = useQuery({ queryKey: ["settings", "branding"], queryFn: () => must(api.GET("/api/settings/branding")), enabled: wanted && settings });
  const mail = useQuery({ queryKey: ["first-steps", "mail"], queryFn: hasMail, enabled: wanted && settings });
  const runs = useQuery({ queryKey: ["verifications", one], queryFn: () => must(api.GET("/api/verifications", one)), enabled: wanted && sandbox });
  const asked = [
    [people, contacts],
    [staff, technicians],
    [true, factors],
    [settings, branding],
    [settings, mail],
    [sandbox, runs],
  ] as const;
  const steps: (FirstStep | false)[] = [
    people && { key: "import", to: can("admin.import") ? "/import" : "/contacts?new=1", done: (contacts.data?.items.length ?? 0) > 0 },
    staff && { key: "invite", to: "/technicians?new=1", done: (technicians.data?.items.length ?? 0) > 1 },
    { key: "factor", to: "/settings/factors", done: factors.data !== undefined && (factors.data.totp !== null || factors.data.passkeys.length > 0) },
    settings && { key: "branding", to: "/settings/branding", done: Boolean(branding.data?.color || branding.data?.logo_url) },
    settings && { key: "mail", to: "/settings/mail", done: mail.data === true },
    sandbox && { key: "try", to: "/sandbox", done: (runs.data?.items.length ?? 0) > 0 },
  ];
  return { steps: steps.filter((s) => s !== false), isPending: asked.some(([is, query]) => is && query.isPending) };
}

async function hasMail(): Promise<boolean> {
  try {
    return Boolean((await must(api.GET("/api/settings/mail"))).host);
  } catch (error) {
    if (isNotFound(error)) {
      return false;
    }
    throw error;
  }
}
