/** The page of a thing that an event is about; none for what has no page of its own. */
export function pageOf(type: string, id: string): string | null {
  const path = pages[type];
  return path && id ? `${path}/${id}` : null;
}

const pages: Record<string, string> = {
  technician: "/technicians",
  token: "/technicians",
  customer: "/customers",
  contact: "/contacts",
  ticket: "/tickets",
  team: "/teams",
  device: "/devices",
};
