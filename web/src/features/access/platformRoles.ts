import { queryOptions } from "@tanstack/react-query";
import { api, ifMatch, must } from "@/api/client";
import type { components } from "@/api/schema";
import { renewAccess } from "./data";
import { type Trial, trialOf } from "./effects";

type Schemas = components["schemas"];

/** A platform role that the organization made. */
export type PlatformRole = Schemas["PlatformroleRoleBody"];
export type PlatformRoleFields = Schemas["PlatformroleFieldsBody"];

/** The organization’s own platform roles, by name. */
export const platformRolesQuery = queryOptions({
  queryKey: ["platform-roles"],
  queryFn: async () => (await must(api.GET("/api/platform-roles"))).items,
});

/** Makes a platform role, or changes some fields of one. */
export async function savePlatformRole(fields: Partial<PlatformRoleFields>, role?: PlatformRole): Promise<void> {
  await (role
    ? must(api.PATCH("/api/platform-roles/{id}", { params: { path: { id: role.id }, header: ifMatch(role.version) }, body: fields }))
    : must(api.POST("/api/platform-roles", { body: fields as PlatformRoleFields })));
  await renewAccess();
}

/** What savePlatformRole would send to change one. */
export const platformRoleTrial = (fields: Partial<PlatformRoleFields>, role: PlatformRole): Trial => trialOf("PATCH", `/api/platform-roles/${role.id}`, { version: role.version, body: fields });

/** Deletes a platform role that nobody has. */
export async function deletePlatformRole(role: PlatformRole): Promise<void> {
  await must(api.DELETE("/api/platform-roles/{id}", { params: { path: { id: role.id }, header: ifMatch(role.version) } }));
  await renewAccess();
}

/** Which of the organization’s own platform roles a technician has. */
export const ownRoleQuery = (technicianId: string) =>
  queryOptions({
    queryKey: ["platform-roles", "of", technicianId],
    queryFn: () => must(api.GET("/api/technicians/{id}/platform-role", { params: { path: { id: technicianId } } })),
  });

/** Gives a technician one of the organization’s own platform roles, or takes theirs away. */
export async function setOwnRole(technicianId: string, roleId: string, version: number): Promise<void> {
  await must(api.PUT("/api/technicians/{id}/platform-role", { params: { path: { id: technicianId }, header: ifMatch(version) }, body: { platform_role_id: roleId } }));
  await renewAccess();
}

/** What setOwnRole would send. */
export const ownRoleTrial = (technicianId: string, roleId: string, version: number): Trial =>
  trialOf("PUT", `/api/technicians/${technicianId}/platform-role`, { version, body: { platform_role_id: roleId } });
