import { Button } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Download, Equal, FilePlus2, OctagonX, Pencil, Rows3 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Import, Query } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { List } from "@/components/list/List";
import { isBusy, rowReason } from "./data";
import classes from "./Import.module.css";

const outcomes = ["create", "update", "skip", "error"] as const;
const icons = { create: FilePlus2, update: Pencil, skip: Equal, error: OctagonX };

/** How many rows have which outcome, and the rows themselves. */
export function Outcomes({ file }: { file: Import }) {
  const { t, i18n } = useTranslation();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { outcome?: string };
  const number = new Intl.NumberFormat(i18n.language);
  const shown = search.outcome ?? "";
  return (
    <>
      <ul className={classes.counts}>
        {outcomes.map((outcome) => {
          const Icon = icons[outcome];
          const chosen = shown === outcome;
          return (
            <li key={outcome}>
              <button
                type="button"
                className={classes.count}
                data-outcome={outcome}
                aria-pressed={chosen}
                onClick={() => void navigate({ to: ".", search: (chosen ? {} : { outcome }) as never, replace: true, resetScroll: false })}
              >
                <Icon size={16} aria-hidden="true" />
                <strong>{number.format(file.counts[outcome])}</strong>
                <span>{t(`import.count.${outcome}`)}</span>
                <small>{t(`import.countText.${outcome}`)}</small>
              </button>
            </li>
          );
        })}
      </ul>
      {file.counts.error > 0 && !isBusy(file) && (
        <Button component="a" href={`/api/imports/${file.id}/rejects.csv`} download variant="default" leftSection={<Download size={15} />} className={classes.rejects}>
          {t("import.rejects")}
        </Button>
      )}
      <List
        label={t("import.rows")}
        queryKey={["imports", file.id, "rows", file.state]}
        load={(query: Query<"/api/imports/{id}/rows">, signal: AbortSignal) => must(api.GET("/api/imports/{id}/rows", { params: { path: { id: file.id }, query }, signal }))}
        rowId={(x) => String(x.line)}
        href={(x) => (x.target_id ? `/${file.kind}/${x.target_id}` : `/import/${file.kind}/${file.id}`)}
        secondary={(x) => rowReason(x, t)}
        search={false}
        pageSize={10}
        fixed={shown ? { outcome: shown } : undefined}
        empty={<EmptyState icon={Rows3} title={t("import.rowsNone")} text={t("import.rowsNoneText")} compact />}
        columns={[
          { key: "name", header: t("import.name"), cell: (x) => x.name || "–" },
          { key: "line", header: t("import.line"), width: "90px", cell: (x) => number.format(x.line) },
          { key: "outcome", header: t("import.outcome"), width: "120px", cell: (x) => t(`import.count.${x.outcome}`) },
          { key: "why", header: t("import.why"), width: "44%", hide: "phone", cell: (x) => rowReason(x, t) },
        ]}
      />
    </>
  );
}
