import { Button } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { BadgeCheck, Bot, Eye, EyeOff, PencilLine, ShieldQuestion } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Happening, Page } from "@/api/types";
import { useCan } from "@/app/me";
import { Avatar } from "@/components/Avatar";
import { Card } from "@/components/Card";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import { type State, StateBadge } from "@/components/StateBadge";
import { changeLines, happeningTitle } from "./happening";
import { WriteNote } from "./WriteNote";
import classes from "./TicketPage.module.css";

/** Everything that happened with a ticket, newest first: notes, changes, and the proofs of who called. */
export function Timeline({ ticketId }: { ticketId: string }) {
  const { t } = useTranslation();
  const can = useCan();
  const query = useInfiniteQuery({
    queryKey: ["timeline", ticketId],
    queryFn: ({ pageParam, signal }): Promise<Page<Happening>> =>
      must(api.GET("/api/tickets/{id}/timeline", { params: { path: { id: ticketId }, query: { limit: 50, cursor: pageParam } }, signal })) as Promise<Page<Happening>>,
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next_cursor,
  });
  const all = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Card title={t("timeline.title")} flush>
      {can("ticket.edit") && <WriteNote ticketId={ticketId} />}
      {query.isPending ? (
        <div className={classes.write}>
          <Loading rows={3} />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : (
        <ol className={classes.notes} aria-label={t("timeline.title")}>
          {all.map((x, i) => (
            <Item key={x.note?.id ?? x.facts.id ?? `${x.at} ${i}`} happening={x} />
          ))}
        </ol>
      )}
      {query.hasNextPage && (
        <div className={classes.write}>
          <Button variant="default" size="compact-sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            {t("list.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Item({ happening: x }: { happening: Happening }) {
  const { t } = useTranslation();
  const who = x.actor.name || (x.actor.type === "system" ? t("note.system") : t(`actor.${x.actor.type as "system"}`, { defaultValue: x.actor.type }));
  if (x.kind === "note" && x.note) {
    const Icon = x.note.visibility === "public" ? Eye : EyeOff;
    return (
      <Entry
        picture={x.actor.type === "system" ? <Round icon={<Bot size={17} aria-hidden="true" />} /> : <Avatar name={who} />}
        who={who}
        at={x.at}
        extra={
          <small className={classes.visibility}>
            <Icon size={13} aria-hidden="true" /> {t(`note.${x.note.visibility}`)}
          </small>
        }
      >
        <p className={classes.noteBody}>{x.note.body}</p>
      </Entry>
    );
  }
  const verification = x.kind !== "change";
  const Icon = x.kind === "change" ? PencilLine : x.kind === "verification" ? BadgeCheck : ShieldQuestion;
  return (
    <Entry picture={<Round icon={<Icon size={16} aria-hidden="true" />} />} who={who} at={x.at} extra={verification && x.facts.state ? <StateBadge state={x.facts.state as State} /> : null}>
      <p className={classes.happening}>{happeningTitle(x, t)}</p>
      {!verification &&
        changeLines(x.changes, t).map(({ field, before, after }) => (
          <p key={field} className={classes.change}>
            {field}
            {(before || after) && (
              <>
                : <del>{before}</del> <ins>{after}</ins>
              </>
            )}
          </p>
        ))}
    </Entry>
  );
}

function Entry({ picture, who, at, extra, children }: { picture: ReactNode; who: string; at: string; extra: ReactNode; children: ReactNode }) {
  return (
    <li>
      <span className={classes.avatar}>{picture}</span>
      <div className={classes.noteHead}>
        <strong>{who}</strong>
        <small>
          <RelativeTime at={at} />
        </small>
        {extra}
      </div>
      <div>{children}</div>
    </li>
  );
}

function Round({ icon }: { icon: ReactNode }) {
  return <span className={classes.system}>{icon}</span>;
}
