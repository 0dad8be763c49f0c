import { queryOptions } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { api, must } from "@/api/client";
import type { Task } from "@/api/types";
import { queries } from "@/app/services";

/** Long work of mine that has not ended. */
export const openTasksQuery = queryOptions({
  queryKey: ["tasks", { state: "open", mine: true }],
  queryFn: async () => (await must(api.GET("/api/tasks", { params: { query: { state: "open", mine: true, limit: 20 } } }))).items,
  // Should an event be lost, progress still moves.
  refetchInterval: (query) => (query.state.data?.length ? 4000 : false),
});

/** One task. */
export const taskQuery = (id: string) =>
  queryOptions({
    queryKey: ["tasks", id],
    queryFn: () => must(api.GET("/api/tasks/{id}", { params: { path: { id } } })),
    refetchInterval: (query) => (query.state.data && !isOver(query.state.data) ? 4000 : false),
  });

export const isOver = (task: Task): boolean => task.state === "done" || task.state === "failed" || task.state === "canceled";

/** Stops a task; what it has done stays. */
export async function cancelTask(task: Task): Promise<void> {
  queries.setQueryData(taskQuery(task.id).queryKey, await must(api.POST("/api/tasks/{id}/cancel", { params: { path: { id: task.id } } })));
  void queries.invalidateQueries({ queryKey: ["tasks"] });
  void queries.invalidateQueries({ queryKey: ["imports"] });
}

/** What a task does, in words. */
export function taskTitle(task: Task, t: TFunction): string {
  switch (task.kind) {
    case "optin.ask":
      return t("task.kind.optin");
    case "document.mail":
      return t("task.kind.document");
    case "import.check":
      return t("task.kind.import_check", { name: task.data.file_name ?? "" });
    case "import.apply":
      return t("task.kind.import_apply", { name: task.data.file_name ?? "" });
  }
  const action = task.data.action;
  return action ? t("task.kind.bulk", { name: t(`bulk.action.${action}` as "bulk.action.suspend", { defaultValue: action }) }) : t("task.kind.other");
}
