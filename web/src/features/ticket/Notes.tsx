import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Bot, Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Note } from "@/api/types";
import { useCan } from "@/app/me";
import { queries } from "@/app/services";
import { Avatar } from "@/components/Avatar";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { notesQuery } from "./data";
import classes from "./TicketPage.module.css";

/** What was noted on a ticket, by people and by Countersign itself, oldest first. */
export function Notes({ ticketId }: { ticketId: string }) {
  const { t } = useTranslation();
  const can = useCan();
  const query = useQuery(notesQuery(ticketId));
  const notes = query.data?.items ?? [];
  return (
    <Card title={t("note.title")} flush>
      {query.isPending ? (
        <div className={classes.write}>
          <Loading rows={3} />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : (
        <ol className={classes.notes}>
          {notes.map((note) => (
            <Item key={note.id} note={note} />
          ))}
        </ol>
      )}
      {can("ticket.edit") && <Write ticketId={ticketId} />}
    </Card>
  );
}

function Item({ note }: { note: Note }) {
  const { t } = useTranslation();
  const Icon = note.visibility === "public" ? Eye : EyeOff;
  return (
    <li>
      <span className={classes.avatar}>
        {note.author.type === "system" ? (
          <span className={classes.system}>
            <Bot size={17} aria-hidden="true" />
          </span>
        ) : (
          <Avatar name={note.author.name} />
        )}
      </span>
      <div className={classes.noteHead}>
        <strong>{note.author.name || t("note.system")}</strong>
        <small>
          <RelativeTime at={note.created_at} />
        </small>
        <small className={classes.visibility}>
          <Icon size={13} aria-hidden="true" /> {t(`note.${note.visibility}`)}
        </small>
      </div>
      <p className={classes.noteBody}>{note.body}</p>
    </li>
  );
}

function Write({ ticketId }: { ticketId: string }) {
  const { t } = useTranslation();
  const [body, setBody] = useState("");
  const [visibility, setVisibility] = useState<Note["visibility"]>("internal");
  const add = useMutation({
    mutationFn: () => must(api.POST("/api/tickets/{id}/notes", { params: { path: { id: ticketId } }, body: { body: body.trim(), visibility } })),
    onSuccess: () => setBody(""),
    onSettled: () => queries.invalidateQueries({ queryKey: notesQuery(ticketId).queryKey }),
  });
  const ready = body.trim() !== "" && !add.isPending;
  return (
    <form
      className={classes.write}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) {
          add.mutate();
        }
      }}
    >
      {add.isError && <Callout tone="denied">{problemText(add.error, t)}</Callout>}
      <Textarea
        label={t("note.write")}
        autosize
        minRows={2}
        maxRows={12}
        maxLength={20_000}
        value={body}
        onChange={(e) => setBody(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter" && (e.ctrlKey || e.metaKey) && ready) {
            e.preventDefault();
            add.mutate();
          }
        }}
      />
      <div className={classes.writeFoot}>
        <SegmentedControl
          size="xs"
          aria-label={t("note.visibility")}
          value={visibility}
          onChange={(value) => setVisibility(value as Note["visibility"])}
          data={[
            { value: "internal", label: t("note.internal") },
            { value: "public", label: t("note.public") },
          ]}
        />
        <Button type="submit" loading={add.isPending} disabled={!ready} title="Ctrl-Enter">
          {t("note.add")}
        </Button>
      </div>
    </form>
  );
}
