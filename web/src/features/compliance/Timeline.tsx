import { Button } from "@mantine/core";
import { Table2, ChartNoAxesColumn } from "lucide-react";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ReportDay } from "@/api/types";
import { groups } from "./period";
import classes from "./Reports.module.css";

/** What is drawn on top of each other, from the ground up; patterns tell them apart without color. */
const parts = ["verified", "expired", "failed", "denied"] as const;

const [width, height, most] = [960, 200, 92];

/** Outcomes per day: a chart, or the same as a table. */
export function Timeline({ days }: { days: ReportDay[] }) {
  const { t, i18n } = useTranslation();
  const [table, setTable] = useState(false);
  const bars = groups(days, most).map(sum);
  const day = (date: string) => date && new Date(`${date}T00:00:00Z`).toLocaleDateString(i18n.language, { timeZone: "UTC", day: "numeric", month: "short", year: "numeric" });
  return (
    <>
      <div className={classes.legend}>
        {parts.map((p) => (
          <span key={p} data-part={p}>
            <Swatch part={p} />
            {t(`state.${p}`)} <strong>{days.reduce((n, d) => n + d[p], 0)}</strong>
          </span>
        ))}
        <Button variant="default" size="compact-sm" leftSection={table ? <ChartNoAxesColumn size={14} /> : <Table2 size={14} />} aria-pressed={table} onClick={() => setTable(!table)}>
          {table ? t("report.asChart") : t("report.asTable")}
        </Button>
      </div>
      {table ? <Days days={days} day={day} /> : <Chart bars={bars} day={day} label={t("report.timelineLabel", { from: day(days[0]?.date ?? ""), to: day(days.at(-1)?.date ?? "") })} />}
    </>
  );
}

interface Bar {
  from: string;
  to: string;
  counts: Record<(typeof parts)[number], number>;
}

function sum(days: ReportDay[]): Bar {
  const counts = { verified: 0, expired: 0, failed: 0, denied: 0 };
  for (const d of days) {
    for (const p of parts) {
      counts[p] += d[p];
    }
  }
  return { from: days[0]?.date ?? "", to: days.at(-1)?.date ?? "", counts };
}

function Chart({ bars, day, label }: { bars: Bar[]; day: (date: string) => string; label: string }) {
  const { t } = useTranslation();
  const id = useId();
  const top = Math.max(1, ...bars.map((b) => parts.reduce((n, p) => n + b.counts[p], 0)));
  const step = width / bars.length;
  return (
    <figure className={classes.figure}>
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={label} preserveAspectRatio="none" className={classes.chart}>
        <defs>
          <Patterns id={id} />
        </defs>
        {bars.map((b, i) => {
          let ground = height;
          const words = parts.filter((p) => b.counts[p] > 0).map((p) => `${t(`state.${p}`)}: ${b.counts[p]}`);
          return (
            <g key={b.from}>
              <title>{[b.from === b.to ? day(b.from) : `${day(b.from)} – ${day(b.to)}`, ...words].join("\n")}</title>
              <rect x={i * step} y={0} width={step} height={height} fill="transparent" />
              {parts.map((p) => {
                const tall = (b.counts[p] / top) * (height - 4);
                ground -= tall;
                return tall > 0 ? (
                  <g key={p} data-part={p}>
                    <rect x={i * step + step * 0.12} y={ground} width={step * 0.76} height={tall} className={classes.part} data-part={p} />
                    {p !== "verified" && <rect x={i * step + step * 0.12} y={ground} width={step * 0.76} height={tall} fill={`url(#${id}${p})`} />}
                  </g>
                ) : null;
              })}
            </g>
          );
        })}
      </svg>
      <figcaption className={classes.axis}>
        <span>{day(bars[0]?.from ?? "")}</span>
        <span>{t("report.most", { count: top })}</span>
        <span>{day(bars.at(-1)?.to ?? "")}</span>
      </figcaption>
    </figure>
  );
}

/** Lines over the colors. */
function Patterns({ id }: { id: string }) {
  return (
    <>
      <pattern id={`${id}expired`} width="6" height="6" patternUnits="userSpaceOnUse">
        <circle cx="3" cy="3" r="1" className={classes.ink} />
      </pattern>
      <pattern id={`${id}failed`} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="1.6" height="6" className={classes.ink} />
      </pattern>
      <pattern id={`${id}denied`} width="6" height="6" patternUnits="userSpaceOnUse">
        <path d="M0 0h6M0 0v6" className={classes.line} />
      </pattern>
    </>
  );
}

function Swatch({ part }: { part: (typeof parts)[number] }) {
  const id = useId();
  return (
    <svg width="14" height="14" aria-hidden="true">
      <defs>
        <Patterns id={id} />
      </defs>
      <rect width="14" height="14" rx="3" className={classes.part} data-part={part} />
      {part !== "verified" && <rect width="14" height="14" rx="3" fill={`url(#${id}${part})`} />}
    </svg>
  );
}

function Days({ days, day }: { days: ReportDay[]; day: (date: string) => string }) {
  const { t } = useTranslation();
  return (
    <div className={classes.days} tabIndex={0} role="group" aria-label={t("report.timeline")}>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">{t("report.day")}</th>
            {parts.map((p) => (
              <th scope="col" key={p}>
                {t(`state.${p}`)}
              </th>
            ))}
            <th scope="col">{t("report.techniciansDenied")}</th>
          </tr>
        </thead>
        <tbody>
          {days.map((d) => (
            <tr key={d.date}>
              <th scope="row">{day(d.date)}</th>
              {parts.map((p) => (
                <td key={p}>{d[p]}</td>
              ))}
              <td>{d.technicians_denied}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
