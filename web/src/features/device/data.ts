import { queryOptions } from "@tanstack/react-query";
import { api, ifMatch, must } from "@/api/client";
import type { Device, DeviceGroup } from "@/api/types";
import { queries } from "@/app/services";

export const platforms = ["windows", "macos", "linux", "other"] as const;

/** One device. */
export const deviceQuery = (id: string) =>
  queryOptions({ queryKey: ["devices", id], queryFn: () => must(api.GET("/api/devices/{id}", { params: { path: { id } } })) });

/** All groups of devices that one may see, by name. */
export const groupsQuery = queryOptions({ queryKey: ["device-groups", "all"], queryFn: () => groupsFrom() });

async function groupsFrom(cursor?: string): Promise<DeviceGroup[]> {
  const { items, next_cursor } = await must(api.GET("/api/device-groups", { params: { query: { limit: 200, sort: "name", cursor } } }));
  return next_cursor ? [...items, ...(await groupsFrom(next_cursor))] : items;
}

/** A group with how deep it lies, and whether others lie in it. */
export interface Placed {
  group: DeviceGroup;
  depth: number;
  holds: boolean;
}

/** Groups in the order of the tree. A group whose parent one may not see stands at the top. */
export function tree(groups: DeviceGroup[]): Placed[] {
  const known = new Set(groups.map((g) => g.id));
  const children = new Map<string, DeviceGroup[]>();
  for (const g of groups) {
    const parent = g.parent_id && known.has(g.parent_id) ? g.parent_id : "";
    const siblings = children.get(parent);
    if (siblings) {
      siblings.push(g);
    } else {
      children.set(parent, [g]);
    }
  }
  const below = (parent: string, depth: number): Placed[] =>
    (children.get(parent) ?? []).flatMap((group) => [{ group, depth, holds: children.has(group.id) }, ...below(group.id, depth + 1)]);
  return below("", 0);
}

/** The ids of the groups in which a group lies, and its own. */
export function wayTo(groups: DeviceGroup[], id?: string): string[] {
  const byID = new Map(groups.map((g) => [g.id, g]));
  const way: string[] = [];
  for (let g = byID.get(id ?? ""); g && !way.includes(g.id); g = byID.get(g.parent_id ?? "")) {
    way.push(g.id);
  }
  return way;
}

/** What of a tree stands there where only some groups are opened; or, of all depths, what has the words in its name or its customer's. */
export function standing(placed: Placed[], opened: Set<string>, words: string): Placed[] {
  const find = words.trim().toLocaleLowerCase();
  if (find) {
    return placed.filter(({ group }) => `${group.name} ${group.customer_name ?? ""}`.toLocaleLowerCase().includes(find)).map((x) => ({ ...x, depth: 0, holds: false }));
  }
  const open = new Set<string>();
  return placed.filter(({ group, depth }) => {
    const stands = depth === 0 || open.has(group.parent_id ?? "");
    if (stands && opened.has(group.id)) {
      open.add(group.id);
    }
    return stands;
  });
}

/** The groups in which a group may lie: all but itself and those below it. */
export function parentsFor(groups: DeviceGroup[], id?: string): Placed[] {
  const all = tree(groups);
  const from = all.findIndex((x) => x.group.id === id);
  if (from < 0) {
    return all;
  }
  const depth = all[from]?.depth ?? 0;
  const to = all.findIndex((x, i) => i > from && x.depth <= depth);
  return all.filter((_, i) => i < from || (to >= 0 && i >= to));
}

/** A choice among groups, with their depth shown. */
export const groupChoices = (placed: Placed[]): { value: string; label: string }[] =>
  placed.map(({ group, depth }) => ({ value: group.id, label: `${"\u2003".repeat(depth)}${group.name}${depth === 0 && group.customer_name && group.customer_name !== group.name ? ` · ${group.customer_name}` : ""}` }));

type DeviceFields = Pick<Device, "name" | "group_id" | "customer_id" | "platform" | "description">;

export async function saveDevice(fields: Partial<DeviceFields>, device?: Device): Promise<Device> {
  const saved = device
    ? await must(api.PATCH("/api/devices/{id}", { params: { path: { id: device.id }, header: ifMatch(device.version) }, body: fields }))
    : await must(api.POST("/api/devices", { body: fields as DeviceFields }));
  queries.setQueryData(deviceQuery(saved.id).queryKey, saved);
  renew();
  return saved;
}

type GroupFields = Pick<DeviceGroup, "name" | "parent_id" | "customer_id">;

export async function saveGroup(fields: Partial<GroupFields>, group?: DeviceGroup): Promise<DeviceGroup> {
  const saved = group
    ? await must(api.PATCH("/api/device-groups/{id}", { params: { path: { id: group.id }, header: ifMatch(group.version) }, body: fields }))
    : await must(api.POST("/api/device-groups", { body: fields as GroupFields }));
  renew();
  return saved;
}

/** Fetches again what depends on devices and groups. */
export function renew(): void {
  void queries.invalidateQueries({ queryKey: ["devices"] });
  void queries.invalidateQueries({ queryKey: ["device-groups"] });
}
