import { useTranslation } from "react-i18next";
import type { Report } from "@/api/types";
import { minutesSeconds } from "@/components/time";
import { share } from "./period";
import classes from "./Reports.module.css";

/** What the report comes to, in few numbers. */
export function Figures({ report: r }: { report: Report }) {
  const { t, i18n } = useTranslation();
  const number = (n: number) => n.toLocaleString(i18n.language);
  const part = (of: number, whole: number) => share(of, whole, i18n.language) ?? "–";
  const confirmed = r.technician_verifications.confirmed + r.technician_verifications.confirmed_verbally;
  const figures: [key: string, value: string, text: string][] = [
    ["calls", part(r.calls.verified, r.calls.calls), t("report.callsOf", { part: number(r.calls.verified), whole: number(r.calls.calls), count: r.calls.calls })],
    ["tickets", part(r.tickets.verified, r.tickets.total), t("report.ticketsOf", { part: number(r.tickets.verified), whole: number(r.tickets.total), count: r.tickets.total })],
    ["bad", number(r.calls.failed + r.calls.denied), t("report.badOf", { failed: number(r.calls.failed), denied: number(r.calls.denied), expired: number(r.calls.expired) })],
    ["median", r.median_seconds === null ? "–" : minutesSeconds(r.median_seconds), t("report.medianText")],
    ["asked", number(r.technician_verifications.total), t("report.askedOf", { confirmed: number(confirmed), denied: number(r.technician_verifications.denied) })],
    ["overrides", number(r.overrides), t("report.overridesText")],
  ];
  const levels = r.levels.filter((l) => l.verified > 0);
  return (
    <div>
      <dl className={classes.figures}>
        {figures.map(([key, value, text]) => (
          <div key={key}>
            <dt>{t(`report.figure.${key as "calls"}`)}</dt>
            <dd>{value}</dd>
            <dd className={classes.small}>{text}</dd>
          </div>
        ))}
      </dl>
      {levels.length > 0 && (
        <p className={classes.levels}>
          {t("report.levels")}{" "}
          {levels.map((l) => (
            <span key={l.level}>
              <strong>{l.level}</strong> {number(l.verified)}
            </span>
          ))}
        </p>
      )}
    </div>
  );
}
