import { useTranslation } from "react-i18next";
import classes from "./Audit.module.css";
import { fieldText } from "./fields";

/** Fields with what they were and what they became. */
export function Changes({ changes }: { changes: Record<string, { before?: unknown; after?: unknown }> }) {
  const { t } = useTranslation();
  return (
    <table className={classes.changes}>
      <thead>
        <tr>
          <th scope="col">{t("audit.field")}</th>
          <th scope="col">{t("audit.before")}</th>
          <th scope="col">{t("audit.after")}</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(changes)
          .filter(([, change]) => text(change.before) || text(change.after))
          .map(([field, change]) => (
          <tr key={field}>
            <th scope="row">{fieldText(field, t)}</th>
            <td>{text(change.before) && <del>{text(change.before)}</del>}</td>
            <td>{text(change.after) && <ins>{text(change.after)}</ins>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A value as people read it: lists with commas, phones with their kind, everything else as it is kept. */
export function text(value: unknown): string {
  if (value === null || value === undefined || value === "") {
    return "";
  }
  if (Array.isArray(value)) {
    return value.map(text).join(", ");
  }
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, inner]) => `${name}: ${text(inner)}`)
      .join(", ");
  }
  return String(value);
}
