import type { Permission, Place, Purpose, Scope } from "@/api/types";

/** The purposes of roles, in the order in which they are offered. */
export const purposes = ["devices", "customers", "invitations", "administration"] as const satisfies readonly Purpose[];

/** Permissions that belong together: one category of one purpose. */
export interface Category {
  key: string;
  purpose: Purpose;
  title: string;
  permissions: Permission[];
}

/** The permissions by purpose and category, in the order of the catalogue. */
export function categoriesOf(catalogue: readonly Permission[]): Category[] {
  const found = new Map<string, Category>();
  for (const permission of catalogue) {
    const key = `${permission.purpose} ${permission.category}`;
    const category = found.get(key) ?? { key, purpose: permission.purpose, title: permission.category, permissions: [] };
    category.permissions.push(permission);
    found.set(key, category);
  }
  return [...found.values()];
}

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** The permissions whose title, meaning, category or name hold every word of a search. */
export function matching(catalogue: readonly Permission[], search: string): Permission[] {
  const words = plain(search).split(/\s+/).filter(Boolean);
  return catalogue.filter(({ title, description, category, name }) => {
    const text = plain(`${title} ${description} ${category} ${name}`);
    return words.every((word) => text.includes(word));
  });
}

const seeing = "device.view";

/** Whether a permission comes with the chosen ones: whoever may do anything with a device may see it. */
export function isImplied(name: string, chosen: readonly string[], catalogue: readonly Permission[]): boolean {
  return name === seeing && catalogue.some((p) => p.purpose === "devices" && p.name !== seeing && chosen.includes(p.name));
}

/** The chosen permissions with those that come with them, in the order of the catalogue. */
export function heldBy(chosen: readonly string[], catalogue: readonly Permission[]): Permission[] {
  return catalogue.filter((p) => chosen.includes(p.name) || isImplied(p.name, chosen, catalogue));
}

/** What something can be given on, as it is offered. */
export const targetKinds = ["device", "device_group", "customer", "all_devices", "all_customers", "quick_support", "team"] as const;
export type TargetKind = (typeof targetKinds)[number];

/** What can be asked about: also what is decided on its customer, and so is never given anything on. */
export type AskedKind = TargetKind | "contact" | "ticket";

const fitting: Record<Purpose, readonly TargetKind[]> = {
  devices: ["device", "device_group", "customer", "all_devices"],
  customers: ["customer", "all_customers"],
  invitations: ["quick_support"],
  administration: ["team"],
};

/** What a permission or a role of a purpose can be given on (ACC-2). */
export function targetsOf(purpose: Purpose): readonly TargetKind[] {
  return fitting[purpose];
}

/** Whether one of a kind has to be chosen; the others are one whole. */
export function isOneOf(kind: AskedKind): kind is OneOf {
  return kind === "device" || kind === "device_group" || kind === "customer" || kind === "contact" || kind === "ticket";
}

/** A kind of which there are many. */
export type OneOf = "device" | "device_group" | "customer" | "contact" | "ticket";

/** What a question is about, as the server wants it. */
export function askedOf(kind: AskedKind, id?: string | null): Place {
  return kind === "contact" || kind === "ticket" ? { type: kind, id: id ?? "" } as Place : placeOf(kind, id);
}

/** A target as the server wants it. */
export function placeOf(kind: TargetKind, id?: string | null): Scope {
  if (kind === "team") {
    return { type: "organization" };
  }
  return kind === "quick_support" ? { type: "section", id: "quick_support" } : isOneOf(kind) ? ({ type: kind, id: id ?? "" } as Scope) : { type: kind };
}

/** The kind of a target as the server names it: a section is told by its id. */
export function kindOf({ type, id }: Place): TargetKind {
  if (type === "section" || type === "organization") {
    return id === "quick_support" ? "quick_support" : "team";
  }
  return type as TargetKind;
}

/** The parts of an access tab that hold grants. */
export const parts = ["devices", "sections", "customers"] as const;
export type Part = (typeof parts)[number];

/** The part in which a grant stands: that of what its role is for, since a customer can be the target of two. */
export function partOf(purpose: string): Part {
  return purpose === "devices" ? "devices" : purpose === "customers" ? "customers" : "sections";
}

/** The purpose that a role must have to be given in a part on a target. */
export function purposeFor(part: Part, kind: TargetKind): Purpose {
  return part === "sections" ? (kind === "team" ? "administration" : "invitations") : part;
}

/** What can be chosen as the target in a part. */
export function targetsIn(part: Part): readonly TargetKind[] {
  return part === "sections" ? ["quick_support", "team"] : fitting[part];
}

/** What a title of a role says to people: a system role is told by its mark, not by a word in its name. */
export function plainName(name: string): string {
  return name.replace(/\s*\(System\)$/, "");
}
