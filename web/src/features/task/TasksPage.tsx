import { ListChecks } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { taskTitle } from "./data";

/** Long work of mine: what is under way, and what came of the rest. */
export function TasksPage() {
  const { t, i18n } = useTranslation();
  const number = new Intl.NumberFormat(i18n.language);
  return (
    <>
      <PageHeader title={t("task.title")} />
      <List
        label={t("task.title")}
        queryKey={["tasks", "list"]}
        load={(query: Query<"/api/tasks">, signal: AbortSignal) => must(api.GET("/api/tasks", { params: { query }, signal }))}
        rowId={(x) => x.id}
        href={(x) => `/tasks/${x.id}`}
        search={false}
        empty={<EmptyState icon={ListChecks} title={t("task.none")} text={t("task.noneText")} />}
        columns={[
          { key: "what", header: t("task.what"), cell: (x) => taskTitle(x, t) },
          { key: "state", header: t("task.state"), width: "150px", cell: (x) => <StateBadge state={x.state} /> },
          {
            key: "progress",
            header: t("task.progress"),
            width: "160px",
            hide: "phone",
            cell: (x) => (x.total > 0 ? t("progress.of", { done: number.format(x.done), total: number.format(x.total) }) : number.format(x.done)),
          },
          { key: "started", header: t("task.started"), width: "150px", hide: "phone", cell: (x) => <RelativeTime at={x.created_at} /> },
        ]}
      />
    </>
  );
}
