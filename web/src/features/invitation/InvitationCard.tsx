import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Invitation, Technician } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { Facts } from "@/components/Detail";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import classes from "./Join.module.css";

/**
 * What became of a technician's invitation, with the ways to send it (again) and to withdraw it. For the page of a technician who has not taken
 * up the account; show it to holders of admin.technicians. It never shows the link: only the invited person gets that.
 */
export function InvitationCard({ technician }: { technician: Pick<Technician, "id" | "name" | "email" | "state" | "status"> }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const { id } = technician;
  const key = ["technicians", id, "invitation"];
  const query = useQuery({
    queryKey: key,
    queryFn: () => must(api.GET("/api/technicians/{id}/invitation", { params: { path: { id } } })) as Promise<Invitation>,
  });
  const send = useMutation({
    mutationFn: () => must(api.POST("/api/technicians/{id}/invite", { params: { path: { id } } })) as Promise<Invitation>,
    onSuccess: (sent) => {
      queries.setQueryData(key, sent);
      toast(t("invitation.sentToast", { email: sent.email }));
    },
    onError: (error) => toast(problemText(error, t), "denied"),
  });
  const revoke = async () => {
    await must(api.DELETE("/api/technicians/{id}/invitation", { params: { path: { id } } }));
    await queries.invalidateQueries({ queryKey: key });
    toast(t("invitation.revokedToast"));
  };
  const sent = query.data;
  const invited = technician.state === "invitation";
  return (
    <Card title={t("invitation.title")}>
      {query.isPending ? (
        <Loading rows={3} height={24} />
      ) : !sent ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : (
        <div className={classes.card}>
          {sent.state === "none" ? <p className={classes.none}>{t("invitation.none")}</p> : <State invitation={sent} />}
          {invited && (
            <div className={classes.actions}>
              {sent.state === "pending" && (
                <Button variant="default" color="red" onClick={() => setAsking(true)}>
                  {t("invitation.revoke")}
                </Button>
              )}
              <Button variant={sent.state === "pending" ? "default" : "filled"} loading={send.isPending} disabled={technician.status !== "active"} onClick={() => send.mutate()}>
                {sent.state === "none" ? t("invitation.send") : t("invitation.again")}
              </Button>
            </div>
          )}
          {invited && sent.state === "pending" && <p className={classes.help}>{t("invitation.againHelp")}</p>}
        </div>
      )}
      <Confirm opened={asking} onClose={() => setAsking(false)} title={t("invitation.revoke")} action={t("invitation.revoke")} onConfirm={revoke}>
        {t("invitation.revokeText", { name: technician.name })}
      </Confirm>
    </Card>
  );
}

function State({ invitation: i }: { invitation: Invitation }) {
  const { t } = useTranslation();
  return (
    <>
      <p className={classes.none}>
        <StateBadge state={i.state} label={t(`invitation.${i.state}`)} />
      </p>
      <Facts
        wide
        items={[
          [t("invitation.to"), i.email],
          [t("invitation.sent"), <RelativeTime key="sent" at={i.sent_at} />],
          i.sent_by ? [t("invitation.by"), i.sent_by.name] : null,
          i.state === "pending" || i.state === "expired" ? [i.state === "pending" ? t("invitation.until") : t("invitation.ended"), <RelativeTime key="until" at={i.expires_at} />] : null,
        ]}
      />
      {i.state === "revoked" && i.reason !== "" && i.reason !== "revoked" && <Callout tone="neutral">{t(`invitation.why.${i.reason}`)}</Callout>}
    </>
  );
}
