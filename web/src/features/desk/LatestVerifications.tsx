import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Card } from "@/components/Card";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import classes from "./DeskPage.module.css";

/** How the last verifications of callers ended, whoever ran them. */
export function LatestVerifications() {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["verifications", { desk: true }],
    queryFn: () => must(api.GET("/api/verifications", { params: { query: { limit: 8 } } })),
  });
  const items = (query.data?.items ?? []).filter((v) => v.state !== "pending").slice(0, 6);
  return (
    <Card title={t("desk.latest")} flush>
      {query.isPending ? (
        <div className={classes.pad}>
          <Loading rows={3} />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : items.length === 0 ? (
        <p className={classes.pad}>{t("desk.latestNone")}</p>
      ) : (
        <ul className={classes.tickets}>
          {items.map((v) => (
            <li key={v.id}>
              <Link to="/contacts/$id" params={{ id: v.contact_id }} data-row>
                <strong>{v.contact_name}</strong>
                <small>
                  {v.technician.name} · <RelativeTime at={v.ended_at ?? v.created_at} />
                </small>
              </Link>
              <StateBadge state={v.state} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
