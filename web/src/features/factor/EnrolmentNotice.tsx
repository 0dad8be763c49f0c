import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { Callout } from "@/components/Callout";
import { longDate } from "./data";
import classes from "./Factor.module.css";

/** Reminds whoever will have to have a second factor, and has none yet. */
export function EnrolmentNotice() {
  const { t, i18n } = useTranslation();
  const enrolment = useMe()?.enrolment;
  if (!enrolment?.required || enrolment.enrolled) {
    return null;
  }
  const date = enrolment.due_at && longDate(enrolment.due_at, i18n.language);
  return (
    <Callout tone="pending">
      <p className={classes.banner}>
        {date ? t("enrol.bannerDue", { date }) : t("enrol.banner")}
        <Link to="/enrol">{t("enrol.setUp")}</Link>
      </p>
    </Callout>
  );
}
