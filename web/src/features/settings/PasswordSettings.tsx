import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { toast } from "@/components/toast";
import { PasswordForm } from "@/features/signin/PasswordForm";
import classes from "./Settings.module.css";

/** Changes one's own password; it ends all other sessions. */
export function PasswordSettings() {
  const { t } = useTranslation();
  const [done, setDone] = useState(0);
  return (
    <Card title={t("settings.password.title")}>
      <div className={classes.form}>
        {t("settings.password.text")}
        <PasswordForm
          key={done}
          onDone={() => {
            setDone((n) => n + 1);
            toast(t("settings.password.done"));
            void queries.invalidateQueries({ queryKey: ["sessions"] });
          }}
        />
      </div>
    </Card>
  );
}
