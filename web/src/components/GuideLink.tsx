import { Link } from "@tanstack/react-router";
import { BookOpen } from "lucide-react";
import { useTranslation } from "react-i18next";
import classes from "./states.module.css";

/** Leads to a place in the guides: `administrator#first-steps`. */
export function GuideLink({ to, label }: { to: string; label?: string }) {
  const { t } = useTranslation();
  const [guide, section] = to.split("#");
  return (
    <Link to={`/help/${guide}`} hash={section} className={classes.guide}>
      <BookOpen size={14} aria-hidden="true" />
      {label ?? t("guide")}
    </Link>
  );
}
