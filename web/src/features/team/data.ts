import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ifMatch, must } from "@/api/client";
import type { Team, TeamPerson } from "@/api/types";
import { queries } from "@/app/services";
import { type Trial, trialOf } from "@/features/access/effects";

/** One team. */
export const teamQuery = (id: string) => queryOptions({ queryKey: ["teams", id], queryFn: () => must(api.GET("/api/teams/{id}", { params: { path: { id } } })) });

/** Who belongs to a team in a version of it, by name. */
export const teamPeopleQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ["teams", id, "people", version],
    queryFn: () => peopleFrom(id),
    placeholderData: keepPreviousData,
  });

async function peopleFrom(id: string, cursor?: string): Promise<TeamPerson[]> {
  const { items, next_cursor } = await must(api.GET("/api/teams/{id}/people", { params: { path: { id }, query: { limit: 200, cursor } } }));
  return next_cursor ? [...items, ...(await peopleFrom(id, next_cursor))] : items;
}

/** Looks for people who could be taken into a team. */
export async function otherPeople(id: string, q: string): Promise<{ value: string; label: string }[]> {
  const query = { q: q || undefined, everyone: true, limit: 50 };
  const page = await must(api.GET("/api/teams/{id}/people", { params: { path: { id }, query } }));
  return page.items.filter((x) => x.may_move && !x.member && !x.lead).map((x) => ({ value: x.id, label: x.job_title ? `${x.name} – ${x.job_title}` : x.name }));
}

/** The teams that a technician is in. */
export const teamsOfQuery = (technicianId: string) =>
  queryOptions({
    queryKey: ["teams", { technician_id: technicianId }],
    queryFn: async () => (await must(api.GET("/api/teams", { params: { query: { technician_id: technicianId, limit: 200, sort: "name" } } }))).items,
  });

/** Looks teams up for a choice. */
export async function teamChoices(q: string): Promise<{ value: string; label: string }[]> {
  const page = await must(api.GET("/api/teams", { params: { query: { q: q || undefined, limit: 20, sort: "name" } } }));
  return page.items.map((team) => ({ value: team.id, label: team.name }));
}

type TeamFields = Partial<Pick<Team, "name" | "description" | "lead_ids" | "member_ids" | "customer_ids">>;

/** What changeTeam would send. */
export const teamTrial = (team: Team, body: TeamFields): Trial => trialOf("PATCH", `/api/teams/${team.id}`, { version: team.version, body });

/** Changes some fields of a team. */
export async function changeTeam(team: Team, body: TeamFields): Promise<Team> {
  const saved = await must(api.PATCH("/api/teams/{id}", { params: { path: { id: team.id }, header: ifMatch(team.version) }, body }));
  renewTeam(saved);
  return saved;
}

/** Shows a team as the server last told it, and fetches again what depends on it. */
export function renewTeam(team: Team): void {
  queries.setQueryData(teamQuery(team.id).queryKey, team);
  void queries.invalidateQueries({ queryKey: ["teams"] });
  void queries.invalidateQueries({ queryKey: ["technicians"] });
  void queries.invalidateQueries({ queryKey: ["customers"] });
}
