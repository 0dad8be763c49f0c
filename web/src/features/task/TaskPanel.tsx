import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Progress } from "@/components/Progress";
import { taskTitle } from "./data";
import { StopButton } from "./StopButton";
import classes from "./Task.module.css";

/** The latest tasks of mine: those under way with their progress, those that ended with what came of them. */
export function TaskPanel({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["tasks", { latest: true }],
    queryFn: async () => (await must(api.GET("/api/tasks", { params: { query: { mine: true, limit: 6 } } }))).items,
    refetchInterval: 2000,
  });
  return (
    <>
      <h2 className={classes.title}>{t("task.title")}</h2>
      {query.isPending ? (
        <div className={classes.pad}>
          <Loading rows={2} height={52} />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : query.data.length === 0 ? (
        <p className={classes.none}>{t("task.noneText")}</p>
      ) : (
        <ul className={classes.items}>
          {query.data.map((task) => (
            <li key={task.id}>
              <div className={classes.line}>
                <Link to={`/tasks/${task.id}`} onClick={onClose}>
                  {taskTitle(task, t)}
                </Link>
                <StopButton task={task} />
              </div>
              <Progress label={taskTitle(task, t)} done={task.done} total={task.total} failed={task.failed} startedAt={task.started_at} state={task.state} />
            </li>
          ))}
        </ul>
      )}
      <div className={classes.foot}>
        <Button component={Link} to="/tasks" variant="subtle" size="compact-sm" onClick={onClose}>
          {t("task.all")}
        </Button>
      </div>
    </>
  );
}
