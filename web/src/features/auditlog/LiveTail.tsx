import { Button, Switch, VisuallyHidden } from "@mantine/core";
import { ArrowUp } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { usePersonal } from "@/app/personal";
import { queries } from "@/app/services";
import { useLiveEvents } from "@/app/useLive";
import classes from "./Audit.module.css";

const readOn = (kept: unknown) => (typeof kept === "boolean" ? kept : undefined);

/** Follows the log. It never moves what somebody is reading: away from the top, or with an event open, new ones wait behind a button. */
export function LiveTail() {
  const { t } = useTranslation();
  const [on, setOn] = usePersonal("audit.live", false, readOn);
  const [waiting, setWaiting] = useState(false);
  const show = useCallback(() => {
    setWaiting(false);
    void queries.invalidateQueries({ queryKey: ["audit", "events"] });
  }, []);
  useLiveEvents((event) => {
    if (event.kind !== "audit.appended") {
      return;
    }
    if (on && isAtTop() && !document.hidden) {
      show();
    } else {
      setWaiting(true);
    }
  });
  useEffect(() => {
    if (on) {
      show();
    }
  }, [on, show]);
  return (
    <div className={classes.tail}>
      <Switch label={t("audit.live")} title={t("audit.liveHelp")} checked={on} onChange={(e) => setOn(e.currentTarget.checked)} />
      <Button
        className={classes.fresh}
        data-waiting={waiting || undefined}
        disabled={!waiting}
        size="compact-sm"
        variant="light"
        leftSection={<ArrowUp size={14} />}
        onClick={() => {
          scroller()?.scrollTo({ top: 0 });
          show();
        }}
      >
        {t("audit.liveNew")}
      </Button>
      <VisuallyHidden role="status">{waiting ? t("audit.liveNew") : ""}</VisuallyHidden>
    </div>
  );
}

function scroller(): Element | null {
  const main = document.getElementById("main");
  return main && main.scrollHeight > main.clientHeight ? main : document.scrollingElement;
}

function isAtTop(): boolean {
  return (scroller()?.scrollTop ?? 0) < 120 && !document.querySelector("tr[data-open]");
}
