import { VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./Digits.module.css";

/** A number to be read aloud: huge, spaced in groups of three, and spelt out for screen readers. */
export function Digits({ value, label }: { value: string; label: string }) {
  const { t } = useTranslation();
  const groups = value.match(/.{1,3}/g) ?? [];
  return (
    <p className={classes.digits} data-length={value.length}>
      <VisuallyHidden>{t("digits", { label, digits: [...value].join(" ") })}</VisuallyHidden>
      {groups.map((group, i) => (
        <span key={i} aria-hidden="true" className="cs-code">
          {group}
        </span>
      ))}
    </p>
  );
}
