import { Button } from "@mantine/core";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BellOff, Settings2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Notification } from "@/api/types";
import { meQuery } from "@/app/me";
import { queries } from "@/app/services";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { toast } from "@/components/toast";
import classes from "./Notification.module.css";
import { sentence } from "./words";

interface Props {
  unread: number;
  onClose: () => void;
}

/** What one was told, the newest first. Following a line marks it as read. */
export function Panel({ unread, onClose }: Props) {
  const { t } = useTranslation();
  const list = useInfiniteQuery({
    queryKey: ["notifications"],
    queryFn: ({ pageParam, signal }) => must(api.GET("/api/notifications", { params: { query: { limit: 20, ...(pageParam && { cursor: pageParam }) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });
  const read = useMutation({
    mutationFn: (ids?: string[]) => must(api.POST("/api/notifications/read", { body: ids ? { ids } : {} })),
    onError: (error) => toast(problemText(error, t), "denied"),
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: ["notifications"] }), queries.invalidateQueries({ queryKey: meQuery.queryKey })]),
  });
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <div className={classes.head}>
        <h2 className={classes.title}>{t("bell.title")}</h2>
        {/* Not disabled, which would take the focus away and with it the Escape key. */}
        <Button variant="subtle" size="compact-sm" data-disabled={unread === 0 || undefined} aria-disabled={unread === 0} onClick={() => unread > 0 && read.mutate(undefined)}>
          {t("bell.readAll")}
        </Button>
      </div>
      <div className={classes.scroll}>
        {list.isPending ? (
          <div className={classes.pad}>
            <Loading rows={3} height={44} />
          </div>
        ) : list.isError ? (
          <ErrorState error={list.error} retry={() => void list.refetch()} compact />
        ) : items.length === 0 ? (
          <EmptyState icon={BellOff} title={t("bell.none")} text={t("bell.noneText")} compact />
        ) : (
          <ul className={classes.items}>
            {items.map((item) => (
              <Item
                key={item.id}
                item={item}
                onFollow={() => {
                  if (!item.read_at) {
                    read.mutate([item.id]);
                  }
                  if (item.link) {
                    onClose();
                  }
                }}
              />
            ))}
          </ul>
        )}
        {list.hasNextPage && (
          <Button variant="subtle" color="gray" fullWidth loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("bell.more")}
          </Button>
        )}
      </div>
      <div className={classes.foot}>
        <Button component={Link} to={"/settings/notifications" as string} variant="subtle" color="gray" size="compact-sm" leftSection={<Settings2 size={15} />} onClick={onClose}>
          {t("bell.settings")}
        </Button>
      </div>
    </>
  );
}

function Item({ item, onFollow }: { item: Notification; onFollow: () => void }) {
  const { t } = useTranslation();
  const { title, text } = sentence(item, t);
  const content = (
    <>
      <span className={classes.line}>
        {!item.read_at && <span className={classes.dot} role="img" aria-label={t("bell.new")} />}
        <strong>{title}</strong>
      </span>
      {text && <span className={classes.text}>{text}</span>}
      <span className={classes.meta}>
        <RelativeTime at={item.created_at} />
        {item.data.by && <span>{t("bell.by", { name: item.data.by })}</span>}
      </span>
    </>
  );
  return (
    <li data-unread={item.read_at ? undefined : true}>
      {item.link ? (
        <Link to={item.link as string} className={classes.item} onClick={onFollow}>
          {content}
        </Link>
      ) : (
        <button type="button" className={classes.item} onClick={onFollow}>
          {content}
        </button>
      )}
    </li>
  );
}
