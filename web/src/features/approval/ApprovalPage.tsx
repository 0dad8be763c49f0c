import { Anchor } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { permissionTitle } from "@/app/permissions";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Detail, Facts } from "@/components/Detail";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import { Activity } from "@/features/auditlog/Activity";
import { ApprovalState } from "./ApprovalState";
import { approvalQuery } from "./data";
import { Decide } from "./Decide";
import { History } from "./History";
import { useCatalogueForTitles } from "./useCatalogue";
import { What } from "./What";
import { titleOf } from "./words";

/** One request: what it is for in words, why, every parameter, and the decision. */
export function ApprovalPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { id } = useParams({ strict: false }) as { id: string };
  const { s } = useSearch({ strict: false }) as { s?: string };
  const query = useQuery(approvalQuery(id));
  useCatalogueForTitles();
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const request = query.data;
  if (!request) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const { requester, customer, decided_by, ticket_id, permission } = request;
  return (
    <Detail
      back={{ to: "/approvals", label: t("nav.approvals") }}
      title={titleOf(request, t)}
      badges={<ApprovalState state={request.state} />}
      facts={
        <Card title={t("approval.facts")}>
          <Facts
            items={[
              [t("approval.requester"), can("admin.technicians") ? <Link key="who" to={`/technicians/${requester.id}`}>{requester.name}</Link> : requester.name],
              [t("approval.askedAt"), <RelativeTime key="asked" at={request.created_at} />],
              customer && [t("approval.customer"), can("customer.view") ? <Link key="customer" to={`/customers/${customer.id}`}>{customer.name}</Link> : customer.name],
              permission ? [t("approval.needs"), permissionTitle(permission)] : null,
              ticket_id
                ? [
                    t("approval.ticket"),
                    <Anchor key="ticket" component={Link} to={`/tickets/${ticket_id}`} inherit>
                      {t("approval.openTicket")}
                    </Anchor>,
                  ]
                : null,
              request.break_glass || request.state !== "pending" ? null : [t("approval.until"), <RelativeTime key="until" at={request.expires_at} />],
              decided_by && [t("approval.decider"), decided_by.name],
            ]}
          />
        </Card>
      }
    >
      {request.break_glass && (
        <Callout tone="pending" title={t("approval.glass")}>
          {t("approval.glassText")}
        </Callout>
      )}
      <What request={request} />
      <Decide request={request} signature={s} />
      <History request={request} />
      {can("admin.audit") && <Log id={id} version={request.version} />}
    </Detail>
  );
}

/** What the record has about a request; each step of it is a new entry. */
function Log({ id, version }: { id: string; version: number }) {
  const before = useRef(version);
  useEffect(() => {
    if (before.current !== version) {
      before.current = version;
      void queries.invalidateQueries({ queryKey: ["audit", "events"] });
    }
  }, [version]);
  return <Activity target={id} />;
}
