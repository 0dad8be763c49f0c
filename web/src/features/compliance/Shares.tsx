import { ActionIcon, Anchor, Tooltip } from "@mantine/core";
import { FileSpreadsheet } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ReportRow } from "@/api/types";
import { Card } from "@/components/Card";
import { share } from "./period";
import classes from "./Reports.module.css";

// So many rows are shown at first.
const few = 10;

interface Props {
  kind: "customer" | "technician" | "method";
  rows: ReportRow[];
  /** The server left some out. */
  cut: boolean;
  file: string;
  narrow?: (id: string) => void;
}

/** One table of the report: a bar for what was verified, the numbers beside it. */
export function Shares({ kind, rows, cut, file, narrow }: Props) {
  const { t, i18n } = useTranslation();
  const [all, setAll] = useState(false);
  if (rows.length === 0) {
    return null;
  }
  const shown = all ? rows : rows.slice(0, few);
  const withTickets = kind !== "method";
  const nameOf = (r: ReportRow) => (kind === "method" ? t(`method.${r.id as "sms_code"}.name`, { defaultValue: r.id }) : r.name || t("report.gone"));
  return (
    <Card
      flush
      title={t(`report.by.${kind}`)}
      actions={
        <Tooltip label={t("list.exportCsv")}>
          <ActionIcon component="a" href={file} download variant="subtle" color="gray" aria-label={t("report.csvOf", { table: t(`report.by.${kind}`) })}>
            <FileSpreadsheet size={16} />
          </ActionIcon>
        </Tooltip>
      }
    >
      <div className={classes.scroll} tabIndex={0} role="group" aria-label={t(`report.by.${kind}`)}>
        <table className={classes.table}>
          <thead>
            <tr>
              <th scope="col">{t(`report.one.${kind}`)}</th>
              <th scope="col">{t("report.shareOfCalls")}</th>
              <th scope="col">{t("report.calls")}</th>
              <th scope="col">{t("state.failed")}</th>
              <th scope="col">{t("state.denied")}</th>
              <th scope="col">{t("state.expired")}</th>
              {withTickets && <th scope="col">{t("report.shareOfTickets")}</th>}
            </tr>
          </thead>
          <tbody>
            {shown.map((r) => (
              <tr key={r.id}>
                <th scope="row">
                  {narrow ? (
                    <Anchor component="button" type="button" inherit ta="start" mih={24} onClick={() => narrow(r.id)}>
                      {nameOf(r)}
                    </Anchor>
                  ) : (
                    nameOf(r)
                  )}
                </th>
                <td>
                  <Bar part={r.verified} whole={r.calls} text={share(r.verified, r.calls, i18n.language)} />
                </td>
                <td>
                  {r.verified} / {r.calls}
                </td>
                <td>{r.failed}</td>
                <td>{r.denied}</td>
                <td>{r.expired}</td>
                {withTickets && (
                  <td>
                    <Bar part={r.tickets.verified} whole={r.tickets.total} text={share(r.tickets.verified, r.tickets.total, i18n.language)} count />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {(rows.length > few || cut) && (
        <p className={classes.more}>
          {rows.length > few && (
            <Anchor component="button" type="button" inherit ta="start" mih={24} onClick={() => setAll(!all)}>
              {all ? t("report.fewer") : t("report.all", { count: rows.length })}
            </Anchor>
          )}
          {all && cut && <span> {t("report.cut")}</span>}
        </p>
      )}
    </Card>
  );
}

/** A share as a bar; what it says stands beside it. */
function Bar({ part, whole, text, count }: { part: number; whole: number; text: string | null; count?: boolean }) {
  if (text === null) {
    return <span className={classes.small}>–</span>;
  }
  return (
    <span className={classes.bar}>
      <span aria-hidden="true" className={classes.track}>
        <span style={{ width: `${(100 * part) / whole}%` }} />
      </span>
      {text}
      {count && (
        <small>
          {part} / {whole}
        </small>
      )}
    </span>
  );
}
