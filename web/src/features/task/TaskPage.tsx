import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ListChecks } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query, TaskResult } from "@/api/types";
import { Card } from "@/components/Card";
import { Detail, Facts } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { List } from "@/components/list/List";
import { Loading } from "@/components/Loading";
import { reasonText } from "@/components/problemText";
import { Progress } from "@/components/Progress";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { taskQuery, taskTitle } from "./data";
import { StopButton } from "./StopButton";
import classes from "./Task.module.css";

const places: Record<string, string> = { technician: "/technicians/", contact: "/contacts/", customer: "/customers/", device: "/devices/", team: "/teams/" };
const outcomes = ["done", "skipped", "failed"] as const;

/** One piece of long work: how far it is, and what became of each item. */
export function TaskPage() {
  const { t } = useTranslation();
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(taskQuery(id));
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const task = query.data;
  if (!task) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const title = taskTitle(task, t);
  const words = (x: TaskResult) => (x.reason ? saidAs(reasonText(x.reason, t), x.reason, x.message) : "");
  return (
    <Detail
      back={{ to: "/tasks", label: t("task.title") }}
      title={title}
      badges={<StateBadge state={task.state} />}
      actions={
        <>
          {task.data.import_id && (
            <Button component={Link} to={`/import/${task.data.kind}/${task.data.import_id}`} variant="default">
              {t("task.toImport")}
            </Button>
          )}
          <StopButton task={task} />
        </>
      }
      facts={
        <Card title={t("contact.facts")}>
          <Facts
            items={[
              [t("task.by"), task.created_by.name],
              [t("task.started"), <RelativeTime key="started" at={task.started_at ?? task.created_at} />],
              [t("task.ended"), task.ended_at ? <RelativeTime key="ended" at={task.ended_at} /> : "–"],
            ]}
          />
        </Card>
      }
    >
      <div className={classes.head}>
        <Progress label={title} done={task.done} total={task.total} failed={task.failed} startedAt={task.started_at} state={task.state} />
        {task.reason && <p className={classes.why}>{t("task.reason", { reason: saidAs(reasonText(task.reason, t), task.reason, task.message) })}</p>}
      </div>
      {!task.data.import_id && (
        <List
          label={t("task.outcomes")}
          queryKey={["tasks", id, "results"]}
          load={(q: Query<"/api/tasks/{id}/results">, signal: AbortSignal) => must(api.GET("/api/tasks/{id}/results", { params: { path: { id }, query: q }, signal }))}
          rowId={(x) => `${x.target_type}${x.target_id}${x.name}${x.line ?? ""}`}
          href={(x) => (places[x.target_type] ? places[x.target_type] + x.target_id : `/tasks/${id}`)}
          search={false}
          exportHref={`/api/tasks/${id}/results.csv`}
          filters={[
            {
              key: "outcome",
              label: t("task.outcomes"),
              render: (value, set) => (
                <Select
                  w={180}
                  radius="xl"
                  clearable
                  aria-label={t("task.outcomes")}
                  placeholder={t("task.any")}
                  data={outcomes.map((o) => ({ value: o, label: t(`task.outcome.${o}`) }))}
                  value={value ?? null}
                  onChange={(v) => set(v ?? undefined)}
                />
              ),
            },
          ]}
          empty={<EmptyState icon={ListChecks} title={t("task.noResults")} text={t("task.noResultsText")} />}
          columns={[
            { key: "name", header: t("task.what"), cell: (x) => x.name },
            { key: "outcome", header: t("task.outcomes"), width: "150px", cell: (x) => t(`task.outcome.${x.outcome}`) },
            { key: "why", header: t("task.why"), hide: "phone", cell: words },
          ]}
        />
      )}
    </Detail>
  );
}

/** A reason in the language of the console, or, where it has no words, in those of the server. */
function saidAs(known: string, code: string, message: string): string {
  return known === code && message ? message : known;
}
