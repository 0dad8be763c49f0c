import { CircleHelp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { podId } from "@/api/pod";
import { goTo } from "@/app/navigate";
import classes from "./states.module.css";

/** Leads to what one may do oneself, and why a permission is missing. */
export function WhyLink({ permission }: { permission: string }) {
  const { t } = useTranslation();
  // The small page in a ticket system is not the console: nothing leads there.
  if (podId() !== "") {
    return null;
  }
  const href = `/my-access?permission=${encodeURIComponent(permission)}`;
  return (
    <a
      href={href}
      className={classes.guide}
      onClick={(event) => {
        event.preventDefault();
        goTo(href);
      }}
    >
      <CircleHelp size={14} aria-hidden="true" />
      {t("error.why")}
    </a>
  );
}
