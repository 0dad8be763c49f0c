import { useTranslation } from "react-i18next";
import type { Approval } from "@/api/types";
import { permissionTitle } from "@/app/permissions";
import { Card } from "@/components/Card";
import { CopyButton } from "@/components/CopyButton";
import { Facts } from "@/components/Detail";
import classes from "./Approval.module.css";
import { factName, factText } from "./words";

/** What a request is for: every parameter as it was shown to who asked, why, and exactly what will run. */
export function What({ request }: { request: Approval }) {
  const { t, i18n } = useTranslation();
  const { action, facts, gives, parameters, reason, state, digest } = request;
  return (
    <Card title={t(state === "pending" ? "approval.done" : "approval.was")}>
      <div className={classes.what}>
        <div>
          <h3 className={classes.heading}>{t("approval.reason")}</h3>
          <p className={classes.words}>{reason || t("approval.noReason")}</p>
        </div>
        <Facts items={facts.filter((f) => f.name !== "permissions" || gives.length === 0).map((f) => [factName(f.name, t), <span key={f.name} className={classes.words}>{factText(f, action, t, i18n.language)}</span>])} />
        {gives.length > 0 && (
          <div>
            <h3 className={classes.heading}>{t("approval.gives")}</h3>
            <ul className={classes.gives}>
              {gives.map((name) => (
                <li key={name}>{permissionTitle(name)}</li>
              ))}
            </ul>
          </div>
        )}
        <details className={classes.exactly}>
          <summary>{t("approval.exactly")}</summary>
          <p className={classes.soft}>{t("approval.exactlyText")}</p>
          {/* What scrolls has to be reached by keyboard. */}
          <pre className={classes.code} tabIndex={0}>
            {JSON.stringify({ action, parameters }, null, 2)}
          </pre>
          <p className={classes.digest}>
            <code>{digest}</code>
            <CopyButton value={digest} />
          </p>
        </details>
      </div>
    </Card>
  );
}
