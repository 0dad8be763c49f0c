import { Link } from "@tanstack/react-router";
import { Building2, ContactRound, FileUp, MonitorSmartphone, UserCog } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { useCan } from "@/app/me";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { kinds, needs } from "./data";
import classes from "./Import.module.css";

const icons = { customers: Building2, contacts: ContactRound, technicians: UserCog, devices: MonitorSmartphone };

/** What can be imported, and what was. */
export function ImportsPage() {
  const { t, i18n } = useTranslation();
  const can = useCan();
  const number = new Intl.NumberFormat(i18n.language);
  if (!can("admin.import")) {
    return <Forbidden permission="admin.import" />;
  }
  const offered = kinds.filter((kind) => can(needs[kind]));
  return (
    <>
      <PageHeader title={t("import.title")} text={offered.length > 0 ? t("import.text") : t("import.noPart")} />
      <ul className={classes.kinds}>
        {offered.map((kind) => {
          const Icon = icons[kind];
          return (
            <li key={kind}>
              <Link to={`/import/${kind}`} className={classes.kind}>
                <Icon size={20} aria-hidden="true" />
                <strong>{t(`import.kind.${kind}`)}</strong>
                <span>{t(`import.kindText.${kind}`)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
      <h2 className={classes.before}>{t("import.before")}</h2>
      <List
        label={t("import.before")}
        queryKey={["imports", "list"]}
        load={(query: Query<"/api/imports">, signal: AbortSignal) => must(api.GET("/api/imports", { params: { query }, signal }))}
        rowId={(x) => x.id}
        href={(x) => `/import/${x.kind}/${x.id}`}
        secondary={(x) => t(`import.kind.${x.kind}`)}
        search={false}
        empty={<EmptyState icon={FileUp} title={t("import.beforeNone")} compact />}
        columns={[
          { key: "file", header: t("import.step.file"), cell: (x) => x.file_name },
          { key: "kind", header: t("import.holds"), width: "140px", hide: "phone", cell: (x) => t(`import.kind.${x.kind}`) },
          { key: "state", header: t("task.state"), width: "180px", cell: (x) => t(`import.state.${x.state}`) },
          { key: "rows", header: t("import.rows"), width: "110px", hide: "phone", cell: (x) => number.format(x.rows) },
          { key: "at", header: t("task.started"), width: "150px", hide: "phone", cell: (x) => <RelativeTime at={x.created_at} /> },
        ]}
      />
    </>
  );
}
