import { VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./List.module.css";

interface Props {
  label: string;
  /** What stands on it, where that is not the label. */
  shown?: string;
  /** An id, of which the end is shown. */
  value?: string;
  onClear: () => void;
}

/** A filter that another page leads here with: there is nothing to choose, only to take away. */
export function GivenFilter({ label, shown, value, onClear }: Props) {
  const { t } = useTranslation();
  return (
    <button type="button" className={classes.given} onClick={onClear}>
      {shown ?? label}
      {value && <code>{value.slice(-6)}</code>}
      <span aria-hidden="true">×</span>
      <VisuallyHidden>{t("list.clearFilter", { filter: label })}</VisuallyHidden>
    </button>
  );
}
