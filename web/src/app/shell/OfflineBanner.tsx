import { Button } from "@mantine/core";
import { CloudOff } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { connection } from "@/api/connection";
import { useMe } from "@/app/me";
import { useConnection } from "@/app/useConnection";
import { clock } from "@/components/time";
import { useNow } from "@/components/useNow";
import classes from "./OfflineBanner.module.css";

/** Says in words that the connection is lost, since when, and what that means. A moment without it is not worth a word. */
export function OfflineBanner() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const { since } = useConnection();
  const now = useNow(since === null ? 0 : 15_000);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (since === null) {
      setShown(false);
      return;
    }
    const timer = setTimeout(() => setShown(true), 1500);
    return () => clearTimeout(timer);
  }, [since]);
  return (
    <div className={classes.place} role="status" data-shown={shown || undefined}>
      {shown && since !== null && (
        <p className={classes.banner}>
          <CloudOff size={18} aria-hidden="true" />
          <span>
            <strong>{t("offline.title", { time: clock(new Date(since), now, i18n.language, me?.technician.time_zone) })}</strong> {t("offline.text")}
          </span>
          <Button variant="default" size="compact-sm" onClick={() => connection.retry()}>
            {t("error.retry")}
          </Button>
        </p>
      )}
    </div>
  );
}
