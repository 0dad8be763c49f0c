import { Kbd } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./Review.module.css";

const keys = ["j", "k", "c", "r", "f", "u", "x", "a"] as const;

/** What the keys do in this list; each is a button too. */
export function KeysHint() {
  const { t } = useTranslation();
  return (
    <p className={classes.keys}>
      {keys.map((key) => (
        <span key={key}>
          <Kbd size="xs">{key}</Kbd> {t(`review.key.${key}`)}
        </span>
      ))}
    </p>
  );
}
