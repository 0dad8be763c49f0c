import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Card } from "@/components/Card";
import { Progress } from "@/components/Progress";
import { taskTitle } from "@/features/task/data";
import classes from "./DeskPage.module.css";

/** Long work of mine that is under way; nothing when there is none. */
export function RunningTasks() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["tasks", { state: "open", mine: true }],
    queryFn: () => must(api.GET("/api/tasks", { params: { query: { state: "open", mine: true, limit: 5 } } })),
  });
  const tasks = query.data?.items ?? [];
  if (tasks.length === 0) {
    return null;
  }
  return (
    <Card title={t("desk.tasks")}>
      <ul className={classes.tasks}>
        {tasks.map((task) => (
          <li key={task.id}>
            <strong>{taskTitle(task, t)}</strong>
            <Progress label={taskTitle(task, t)} done={task.done} total={task.total} failed={task.failed} startedAt={task.started_at} state={task.state} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
