import { Button, CloseButton } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { BadgeCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { usePending } from "./data";
import { useArrivalSound } from "./useArrivals";
import classes from "./Arrivals.module.css";

/** On every page that does not show the requests itself: a card slides in when somebody waits. */
export function Arrivals() {
  const { t } = useTranslation();
  const { pathname } = useLocation();
  const { requests } = usePending();
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  useArrivalSound();
  const shown = pathname === "/" || pathname === "/verify" ? [] : requests.filter((r) => !dismissed.has(r.id)).slice(-3);
  return (
    <div className={classes.tray} role="status" aria-live="polite">
      {shown.map((request) => (
        <div key={request.id} className={classes.card}>
          <BadgeCheck size={20} aria-hidden="true" />
          <p>
            {t("request.asks", { name: request.contact_name, customer: request.customer_name })}
            <Button component={Link} to="/verify" size="compact-sm" mt={6}>
              {t("request.answer")}
            </Button>
          </p>
          <CloseButton size="sm" aria-label={t("dismiss")} onClick={() => setDismissed(new Set([...dismissed, request.id]))} />
        </div>
      ))}
    </div>
  );
}
