import { ActionIcon, Popover, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ListChecks } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { Loading } from "@/components/Loading";
import { openTasksQuery } from "./data";
import classes from "./Task.module.css";

const TaskPanel = lazy(() => import("./TaskPanel").then((m) => ({ default: m.TaskPanel })));

/** Long work in the top bar: how much is under way, and how far it is. */
export function TaskMenu() {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const open = useQuery(openTasksQuery).data?.length ?? 0;
  const label = open > 0 ? t("task.open", { count: open }) : t("task.title");
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width="min(380px, calc(100vw - 16px))" trapFocus returnFocus shadow="md">
      <Popover.Target>
        <Tooltip label={label} disabled={opened}>
          <ActionIcon className={classes.menu} data-busy={open > 0 || undefined} variant="subtle" color="gray" size={36} aria-label={label} onClick={() => setOpened(!opened)}>
            <ListChecks size={18} />
            {open > 0 && (
              <span className={classes.count} aria-hidden="true">
                {open}
              </span>
            )}
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown} aria-label={t("task.title")}>
        <Suspense fallback={<Loading rows={2} height={52} />}>
          <TaskPanel onClose={() => setOpened(false)} />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
