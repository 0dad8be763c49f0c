import { VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./Template.module.css";

interface Props {
  placeholders: readonly { name: string; required: boolean }[];
  /** Of the field that they go into. */
  label: string;
  titleOf?: (name: string) => string;
  onInsert: (text: string) => void;
}

/** The placeholders that a text may hold: a press puts one into it. */
export function Chips({ placeholders, label, titleOf, onInsert }: Props) {
  const { t } = useTranslation();
  return (
    <div className={classes.chips} role="group" aria-label={t("wording.insert", { part: label })}>
      {placeholders.map((p) => (
        <button key={p.name} type="button" data-required={p.required || undefined} title={titleOf?.(p.name)} onClick={() => onInsert(`\${${p.name}}`)}>
          {`\${${p.name}}`}
          {p.required && <VisuallyHidden> {t("wording.required")}</VisuallyHidden>}
        </button>
      ))}
    </div>
  );
}
