import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { TechnicianVerification } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { problemText } from "@/components/problemText";
import { claimedHere, forgetClaim, rememberClaim } from "@/features/verify/claimed";
import { renewVerifications, requestQuery, useMyClaims, usePending, useRequests } from "@/features/verify/data";
import { RequestCard } from "@/features/verify/RequestCard";
import classes from "./Pod.module.css";

interface Props {
  ticket: { id: string; customer_id: string };
  /** The contact whose request the panel below shows. */
  except: string | null;
}

/** People of this ticket's customer who ask whether it is really us. Claiming ties the request to this ticket, with one press. */
export function Asking({ ticket, except }: Props) {
  const { t } = useTranslation();
  const ours = (r: TechnicianVerification) => r.customer_id === ticket.customer_id;
  const pending = usePending().requests.filter(ours);
  const claims = useMyClaims().filter((r) => ours(r) && r.contact_id !== except);
  const [, redraw] = useState(0);
  const ended = useRequests(claimedHere().filter((id) => !claims.some((r) => r.id === id))).filter((r) => ours(r) && r.ended_at);
  if (pending.length + claims.length + ended.length === 0) {
    return null;
  }
  return (
    <Card title={t("pod.asking")}>
      <div className={classes.asking}>
        {pending.map((request) => (
          <Pending key={request.id} request={request} ticketId={ticket.id} />
        ))}
        {[...claims, ...ended].map((request) => (
          <RequestCard
            key={request.id}
            request={request}
            onDone={() => {
              forgetClaim(request.id);
              redraw((n) => n + 1);
            }}
          />
        ))}
      </div>
    </Card>
  );
}

function Pending({ request, ticketId }: { request: TechnicianVerification; ticketId: string }) {
  const { t } = useTranslation();
  const claim = useMutation({
    mutationFn: () => must(api.POST("/api/technician-verifications/{id}/claim", { params: { path: { id: request.id } }, body: { ticket_id: ticketId } })),
    onSuccess: (claimed) => {
      rememberClaim(claimed.id);
      queries.setQueryData(requestQuery(claimed.id).queryKey, claimed as TechnicianVerification);
    },
    onSettled: () => renewVerifications(request.contact_id),
  });
  return (
    <div className={classes.request}>
      <p>{t("request.asks", { name: request.contact_name, customer: request.customer_name })}</p>
      {claim.isError && <Callout tone="denied">{problemText(claim.error, t)}</Callout>}
      <Button size="compact-sm" loading={claim.isPending} onClick={() => claim.mutate()}>
        {t("pod.claimHere")}
      </Button>
    </div>
  );
}
