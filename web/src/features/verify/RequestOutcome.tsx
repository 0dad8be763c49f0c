import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { TechnicianVerification } from "@/api/types";
import { Callout } from "@/components/Callout";
import { toneOf } from "@/components/StateBadge";
import classes from "./RequestCard.module.css";

/** How a request ended, and what that means for the call. */
export function RequestOutcome({ request, onDone }: { request: TechnicianVerification; onDone?: () => void }) {
  const { t } = useTranslation();
  if (request.state === "pending" || request.state === "claimed") {
    return null;
  }
  return (
    <div className={classes.outcome}>
      <Callout tone={toneOf(request.state)} live="polite" title={t(`request.ended.${request.state}`, { name: request.contact_name })}>
        {t(`request.endedText.${request.state}`, { name: request.contact_name })}
        {request.unbound && request.state === "confirmed" && <> {t("request.unbound")}</>}
      </Callout>
      {request.ticket_id && (
        <Button component={Link} to={`/tickets/${request.ticket_id}`} variant="default">
          {t("request.toTicket")}
        </Button>
      )}
      {onDone && (
        <Button variant="subtle" onClick={onDone}>
          {t("dismiss")}
        </Button>
      )}
    </div>
  );
}
