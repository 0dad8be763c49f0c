import { Link } from "@tanstack/react-router";
import { useQuery } from "@tanstack/react-query";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { useCan, useMe } from "@/app/me";
import { Card } from "@/components/Card";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { EnrolmentNotice } from "@/features/factor/EnrolmentNotice";
import { ticketName } from "@/features/ticket/data";
import { ToDecide } from "@/features/approval";
import { useToDecideCount } from "@/features/approval/waiting";
import { FindContact } from "@/features/verify/FindContact";
import { MyVerifications, Waiting } from "@/features/verify/VerifyPage";
import { Checklist } from "./Checklist";
import { LatestVerifications } from "./LatestVerifications";
import { RunningTasks } from "./RunningTasks";
import classes from "./DeskPage.module.css";

/** The first page: what waits, and what is mine. */
export function DeskPage() {
  const { t } = useTranslation();
  const me = useMe();
  const can = useCan();
  const toDecide = useToDecideCount();
  return (
    <div className={classes.desk}>
      <PageHeader title={t("desk.title", { name: me?.technician.given_name || me?.technician.name })} text={t("desk.text")} />
      <div className={classes.notice}>
        <EnrolmentNotice />
      </div>
      <Checklist />
      <div className={classes.columns}>
        <div className={classes.column}>
          {can("verification.run") && (
            <Card title={t("verify.waiting")}>
              <div className={classes.waiting}>
                <Waiting compact />
              </div>
            </Card>
          )}
          {toDecide > 0 && (
            <Suspense fallback={null}>
              <ToDecide />
            </Suspense>
          )}
          {can("ticket.view") && <Tickets />}
        </div>
        <div className={classes.column}>
          {can("contact.view") && (
            <Card title={t("verify.find")}>
              <FindContact />
            </Card>
          )}
          <RunningTasks />
          {can("verification.run") && <MyVerifications always />}
          {can("verification.run") && <LatestVerifications />}
        </div>
      </div>
    </div>
  );
}

/** What is assigned to me; while that is nothing, what is open at all. */
function Tickets() {
  const { t } = useTranslation();
  const mine = useOpenTickets("me", true);
  const none = mine.data?.items.length === 0;
  const all = useOpenTickets(undefined, none);
  const query = none ? all : mine;
  const shown = query.data?.items ?? [];
  return (
    <Card title={none && shown.length > 0 ? t("desk.openTickets") : t("desk.myTickets")} actions={<Link to="/tickets">{t("desk.allTickets")}</Link>} flush>
      {query.isPending ? (
        <div className={classes.pad}>
          <Loading rows={4} />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : shown.length === 0 ? (
        <p className={classes.pad}>{t("desk.noTickets")}</p>
      ) : (
        <ul className={classes.tickets}>
          {shown.map((ticket) => (
            <li key={ticket.id}>
              <Link to="/tickets/$id" params={{ id: ticket.id }} data-row>
                <strong>{ticketName(ticket)}</strong>
                <small>{[ticket.contact_name, ticket.customer_name].filter(Boolean).join(" · ")}</small>
              </Link>
              <RelativeTime at={ticket.updated_at} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function useOpenTickets(assigned: "me" | undefined, enabled: boolean) {
  return useQuery({
    queryKey: ["tickets", { desk: assigned ?? "all" }],
    queryFn: () => must(api.GET("/api/tickets", { params: { query: { status: "unclosed", assigned_to: assigned, sort: "-updated_at", limit: 8 } } })),
    enabled,
  });
}
