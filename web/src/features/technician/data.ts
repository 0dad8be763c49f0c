import { queryOptions } from "@tanstack/react-query";
import { api, must } from "@/api/client";

/** One technician. */
export const technicianQuery = (id: string) =>
  queryOptions({ queryKey: ["technicians", id], queryFn: () => must(api.GET("/api/technicians/{id}", { params: { path: { id } } })) });

/** The platform roles, most powerful first. */
export const roles = ["administrator", "manager", "technician", "read_only"] as const;
export type Role = (typeof roles)[number];

/** The names of a technician's customers, for showing and choosing. */
export const allCustomersQuery = queryOptions({
  queryKey: ["customers", { all: true }],
  queryFn: async () => (await must(api.GET("/api/customers", { params: { query: { limit: 200, sort: "name" } } }))).items,
});
