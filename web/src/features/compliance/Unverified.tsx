import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BadgeCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import classes from "./Reports.module.css";

/** The tickets of the period on which nobody was verified. */
export function Unverified({ query }: { query: Query<"/api/reports/verification/tickets"> }) {
  const { t } = useTranslation();
  const found = useInfiniteQuery({
    queryKey: ["reports", "verification", "tickets", query],
    queryFn: ({ pageParam, signal }) => must(api.GET("/api/reports/verification/tickets", { params: { query: { ...query, limit: 20, ...(pageParam && { cursor: pageParam }) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = found.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Card title={t("report.unverified")} flush>
      {found.isPending ? (
        <Loading rows={3} height={44} />
      ) : found.isError ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : items.length === 0 ? (
        <EmptyState compact icon={BadgeCheck} title={t("report.unverifiedNone")} />
      ) : (
        <ul className={classes.tickets}>
          {items.map((x) => (
            <li key={x.id}>
              <Link to="/tickets/$id" params={{ id: x.id }}>
                <strong>
                  #{x.number} {x.summary}
                </strong>
                <small>{[x.customer_name, x.assigned_name, x.tried > 0 ? t("report.tried", { count: x.tried }) : ""].filter(Boolean).join(" · ")}</small>
              </Link>
              <StateBadge state={x.status} />
              <RelativeTime at={x.created_at} />
            </li>
          ))}
        </ul>
      )}
      {found.hasNextPage && (
        <p className={classes.more}>
          <Button variant="default" size="compact-sm" loading={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {t("list.more")}
          </Button>
        </p>
      )}
    </Card>
  );
}
