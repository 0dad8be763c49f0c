// Which section of which guide tells about a page. The longest beginning of an address wins; guides.test.ts checks that each section exists.
const places: [page: string, section: string][] = [
  ["/", "technician#find-your-way"],
  ["/verify", "technician#being-verified"],
  ["/tickets", "technician#lists"],
  ["/messages", "technician#messages-that-did-not-arrive"],
  ["/contacts", "technician#verifying-a-caller"],
  ["/contacts/deleted", "administrator#personal-data"],
  ["/customers", "administrator#first-steps"],
  ["/technicians", "administrator#roles"],
  ["/teams", "administrator#teams"],
  ["/sandbox", "technician#try-both-in-the-demo"],
  ["/audit", "administrator#the-record"],
  ["/reports", "administrator#reports"],
  ["/documents", "administrator#documents-for-clients"],
  ["/settings", "administrator#first-steps"],
  ["/settings/verification", "administrator#verification-settings"],
  ["/settings/pods", "administrator#pods"],
  ["/settings/tokens", "administrator#tokens"],
  ["/welcome", "administrator#first-steps"],
  ["/import", "administrator#importing"],
  ["/devices", "administrator#devices"],
  ["/roles", "administrator#giving-access"],
  ["/roles/unused", "administrator#unused-rights"],
  ["/access-graph", "administrator#the-access-graph"],
  ["/decisions", "administrator#what-other-programs-were-told"],
  ["/my-access", "administrator#what-may-they-do-and-why"],
  ["/approvals", "administrator#two-people"],
  ["/reviews", "administrator#access-reviews"],
  ["/settings/sensitive-permissions", "administrator#two-people"],
  ["/settings/default-permissions", "administrator#default-permissions"],
  ["/tasks", "administrator#importing"],
  ["/help", "technician"],
];

/** Every page that has a section of its own, with that section. */
export function helpPlaces(): readonly [page: string, section: string][] {
  return places;
}

/** The section about a page: `administrator#roles`. */
export function helpFor(pathname: string): string {
  const fitting = places.filter(([page]) => pathname === page || (page !== "/" && pathname.startsWith(`${page}/`)));
  return fitting.toSorted(([a], [b]) => b.length - a.length)[0]?.[1] ?? "technician";
}
