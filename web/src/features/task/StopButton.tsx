import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { CircleStop } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Task } from "@/api/types";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";
import { cancelTask, isOver, taskTitle } from "./data";

/** Stops a task that has not ended. */
export function StopButton({ task }: { task: Task }) {
  const { t } = useTranslation();
  const stop = useMutation({
    mutationFn: () => cancelTask(task),
    onSuccess: () => toast(t("task.canceled"), "neutral"),
    onError: (error) => toast(problemText(error, t), "denied"),
  });
  if (isOver(task)) {
    return null;
  }
  return (
    <Button
      variant="default"
      size="compact-sm"
      leftSection={<CircleStop size={14} />}
      loading={stop.isPending}
      aria-label={`${t("task.cancel")}: ${taskTitle(task, t)}`}
      onClick={() => stop.mutate()}
    >
      {t("task.cancel")}
    </Button>
  );
}
