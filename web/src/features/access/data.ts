import { queryOptions, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { components } from "@/api/schema";
import type { Grant, Page, Permission, Place, Role } from "@/api/types";
import { useCan } from "@/app/me";
import { catalogueQuery } from "@/app/permissions";
import { queries } from "@/app/services";
import { type Trial, trialOf } from "./effects";

type Schemas = components["schemas"];

/** Whom rights are given to. */
export interface Subject {
  type: "technician" | "team";
  id: string;
  name: string;
}

/** The permissions with what they are called and mean. */
export function useCatalogue() {
  const { i18n } = useTranslation();
  return useQuery(catalogueQuery(i18n.language));
}

/** What takes the approval of a second person everywhere. */
export const sensitiveQuery = queryOptions({
  queryKey: ["sensitive-permissions", ""],
  queryFn: () => must(api.GET("/api/settings/sensitive-permissions")),
});

/** Whether a permission takes an approval everywhere; for whoever may not read what was set, whether it does at first. */
export function useSensitive(): (permission: Permission) => boolean {
  const set = useQuery({ ...sensitiveQuery, enabled: useCan()("admin.roles") }).data?.permissions;
  return ({ name, sensitive }) => (set ? set.includes(name) : sensitive);
}

// Fetches a list page by page: what is shown here is read as a whole.
async function every<T>(load: (cursor?: string) => Promise<Page<T>>, cursor?: string): Promise<T[]> {
  const { items, next_cursor } = await load(cursor);
  return next_cursor ? [...items, ...(await every(load, next_cursor))] : items;
}

/** All roles, by name. */
export const rolesQuery = queryOptions({
  queryKey: ["roles"],
  queryFn: (): Promise<Role[]> => every((cursor) => must(api.GET("/api/roles", { params: { query: { limit: 200, cursor } } }))),
});

export type RoleFields = Pick<Role, "name" | "description" | "purpose" | "permissions" | "sensitive_permissions">;

/** Makes a role, or changes some fields of one. */
export async function saveRole(fields: Partial<RoleFields>, role?: Role): Promise<Role> {
  const saved = role
    ? await must(api.PATCH("/api/roles/{id}", { params: { path: { id: role.id }, header: ifMatch(role.version) }, body: fields }))
    : await must(api.POST("/api/roles", { body: fields as RoleFields }));
  await renewAccess();
  return saved;
}

/** What of a role moves to a narrower one: nothing, all that is not over, or what one person or team has. */
export interface Moves {
  move: "none" | "all" | "one";
  /** Whose, as type and id. */
  subject: string | null;
}

/** The most grants that move at once. */
export const mostMoved = 500;

/** The grants of a role that are not over, as they are at this moment: what moves is what was looked at. */
export const movableQuery = (role: Pick<Role, "id" | "version">) =>
  queryOptions({
    queryKey: ["movable", role.id, role.version],
    queryFn: async () => (await every<Grant>((cursor) => must(api.GET("/api/grants", { params: { query: { role_id: role.id, limit: 200, sort: "created_at", cursor } } })))).filter((grant) => grant.state !== "expired"),
    staleTime: 0, // whenever the question opens, they are looked at anew
    gcTime: 0,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** Who has a grant, as one word. */
export const holderOf = ({ subject }: Pick<Grant, "subject">) => `${subject.type}:${subject.id}`;

type Narrower = Schemas["UsageNarrowBody"];

/** The request that makes a narrower role and moves grants to it. */
export function narrowerOf({ name, description, permissions, sensitive_permissions }: RoleFields, { move, subject }: Moves, grants: readonly Grant[]): Narrower {
  const moved = move === "all" ? grants : grants.filter((grant) => holderOf(grant) === subject);
  const whose = move === "one" ? moved[0]?.subject : undefined;
  return {
    name,
    description,
    permissions,
    sensitive_permissions,
    ...(whose && { subject: { type: whose.type, id: whose.id } }),
    grant_ids: moved.map((grant) => grant.id),
  };
}

/** Makes a narrower role, to which grants move in the same step. */
export async function narrowRole(role: Role, body: Narrower): Promise<Schemas["UsageNarrowedBody"]> {
  const made = await must(api.POST("/api/roles/{id}/narrower", { params: { path: { id: role.id }, header: ifMatch(role.version) }, body }));
  await renewAccess();
  return made;
}

/** What narrowRole would send. */
export const narrowTrial = (role: Role, body: Narrower): Trial => trialOf("POST", `/api/roles/${role.id}/narrower`, { version: role.version, body });

/** What saveRole would send to change a role. */
export const roleTrial = (fields: Partial<RoleFields>, role: Role): Trial => trialOf("PATCH", `/api/roles/${role.id}`, { version: role.version, body: fields });

/** Deletes a role with all grants of it. The server wants the name too. */
export async function deleteRole(role: Role): Promise<void> {
  const header = { ...ifMatch(role.version), "X-Confirm-Name": encodeURIComponent(role.name) };
  await must(api.DELETE("/api/roles/{id}", { params: { path: { id: role.id }, header } }));
  await renewAccess();
}

/** What deleteRole would send. */
export const roleEndTrial = (role: Role): Trial => trialOf("DELETE", `/api/roles/${role.id}`, { version: role.version, confirm: role.name });

const whose = ({ type, id }: Subject) => (type === "team" ? { team_id: id } : { technician_id: id, inherited: true });

/** What roles were given to a technician, directly and through teams, or to a team. */
export const grantsQuery = (subject: Subject) =>
  queryOptions({
    queryKey: ["grants", subject.type, subject.id],
    queryFn: (): Promise<Grant[]> => every((cursor) => must(api.GET("/api/grants", { params: { query: { ...whose(subject), limit: 200, cursor } } }))),
  });

export type NewGrant = Schemas["GrantFieldsBody"];

/** Gives a role. */
export async function give(grant: NewGrant): Promise<void> {
  await must(api.POST("/api/grants", { body: grant }));
  await renewAccess();
}

/** Takes back what was given. */
export async function takeBack(grant: Grant): Promise<void> {
  await must(api.DELETE("/api/grants/{id}", { params: { path: { id: grant.id } } }));
  await renewAccess();
}

/** What give and takeBack would send. */
export const giveTrial = (grant: NewGrant): Trial => trialOf("POST", "/api/grants", { body: grant });
export const takeBackTrial = (grant: Grant): Trial => trialOf("DELETE", `/api/grants/${grant.id}`);

/** The overrides of a technician, with those of the teams, or of a team. */
export const overridesQuery = ({ type, id }: Subject) =>
  queryOptions({
    queryKey: ["overrides", type, id],
    queryFn: () => {
      const init = { params: { path: { id } } };
      return type === "team" ? must(api.GET("/api/teams/{id}/permissions", init)) : must(api.GET("/api/technicians/{id}/permissions", init));
    },
  });

export type NewOverride = Schemas["GrantOverrideInput"];

/** Puts the overrides of a technician or team in place of those they had in a version. */
export async function replaceOverrides({ type, id }: Subject, version: number, overrides: NewOverride[]): Promise<void> {
  const init = { params: { path: { id }, header: ifMatch(version) }, body: { overrides } };
  await (type === "team" ? must(api.PUT("/api/teams/{id}/permissions", init)) : must(api.PUT("/api/technicians/{id}/permissions", init)));
  await renewAccess();
}

/** What replaceOverrides would send. */
export const overridesTrial = ({ type, id }: Subject, version: number, overrides: NewOverride[]): Trial => trialOf("PUT", `/api/${type}s/${id}/permissions`, { version, body: { overrides } });

/** What everybody assigned may do at one customer, or at all of them. */
export function defaults(customerId?: string) {
  return customerId ? must(api.GET("/api/customers/{id}/default-permissions", { params: { path: { id: customerId } } })) : must(api.GET("/api/settings/default-permissions"));
}

/** Sets the default permissions of one customer, or of all. */
export async function saveDefaults(permissions: string[], version: number, customerId?: string): Promise<void> {
  const header = ifMatch(version);
  await (customerId
    ? must(api.PUT("/api/customers/{id}/default-permissions", { params: { path: { id: customerId }, header }, body: { permissions } }))
    : must(api.PUT("/api/settings/default-permissions", { params: { header }, body: { permissions } })));
  await renewAccess();
}

/** What saveDefaults would send. */
export const defaultsTrial = (permissions: string[], version: number, customerId?: string): Trial =>
  trialOf("PUT", customerId ? `/api/customers/${customerId}/default-permissions` : "/api/settings/default-permissions", { version, body: { permissions } });

/** A permission with how a decision about it comes out. */
export type Outcome = Schemas["ExplainDecidedBody"];

// Questions are about a thing that is named by its type, and by its id where it has one.
function resource({ type, id }: Place) {
  return { resource_type: type as Schemas["ExplainPlaceBody"]["type"], resource_id: id || undefined };
}

/** How every decision about a technician on one target comes out. */
export const outcomesQuery = (technicianId: string, on: Place) =>
  queryOptions({
    queryKey: ["access", "permissions", technicianId, on.type, on.id],
    queryFn: async () => (await must(api.GET("/api/access/permissions", { params: { query: { technician_id: technicianId, ...resource(on) } } }))).items,
  });

/** Why a decision comes out as it does. */
export const explanationQuery = (technicianId: string, permission: string, on: Place) =>
  queryOptions({
    queryKey: ["access", "explanation", technicianId, permission, on.type, on.id],
    queryFn: () => must(api.GET("/api/access/explanation", { params: { query: { technician_id: technicianId, permission, ...resource(on) } } })),
  });

/** A technician who may do something, and by what. */
export type Able = Schemas["ExplainPersonBody"];

/** The first technicians who may do something on a target. */
export const whoQuery = (permission: string, on: Place, limit: number) =>
  queryOptions({
    queryKey: ["access", "who", permission, on.type, on.id, limit],
    queryFn: () => must(api.GET("/api/access/who", { params: { query: { permission, ...resource(on), limit } } })),
  });

/** What somebody or a role does not use. */
export type UnusedRight = Schemas["UsageRightBody"];

export interface UnusedQuery {
  days: number;
  role_id?: string;
  technician_id?: string;
}

/** A page of the technicians with rights that they do not use. */
export const unusedPeople = (query: UnusedQuery, cursor?: string) => must(api.GET("/api/access/unused", { params: { query: { ...query, cursor, limit: 50 } } }));

/** A page of the roles with permissions that nobody uses. */
export const unusedRoles = ({ days, role_id }: UnusedQuery, cursor?: string) => must(api.GET("/api/access/unused-by-role", { params: { query: { days, role_id, cursor, limit: 50 } } }));

/** For how many days something was not used, where nobody says for how many. */
export const unusedDays = 90;

/** What nobody uses of one role, and since when that is known; nothing if nothing is known. */
export const unusedOfRoleQuery = (role: Role) =>
  queryOptions({
    queryKey: ["access", "unused", "role", role.id, role.version],
    queryFn: async () => {
      const { items, recorded_since: since } = await unusedRoles({ days: unusedDays, role_id: role.id });
      return since ? { unused: items[0]?.unused ?? [], since } : null;
    },
  });

/** What came of a replay. */
export type Backtest = Schemas["UsageBacktestBody"];
export type BacktestDifference = Schemas["UsageDifferenceBody"];

/** Replays what was recorded in the last days as if a role held something else. */
export function backtest(role: Role, fields: Pick<RoleFields, "permissions" | "sensitive_permissions">, days: number): Promise<Backtest> {
  return must(api.POST("/api/access/backtest", { body: { role_id: role.id, permissions: fields.permissions, sensitive_permissions: fields.sensitive_permissions, days } }));
}

/** Fetches again all that rights show: a change of one moves the others. */
export async function renewAccess(): Promise<void> {
  await Promise.all(["roles", "platform-roles", "grants", "overrides", "default-permissions", "access", "me"].map((key) => queries.invalidateQueries({ queryKey: [key] })));
}
