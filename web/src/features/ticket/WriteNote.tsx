import { Button, SegmentedControl, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Note } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import classes from "./TicketPage.module.css";

/** Writes a note on a ticket; Ctrl-Enter adds it. */
export function WriteNote({ ticketId }: { ticketId: string }) {
  const { t } = useTranslation();
  const [body, setBody] = useState("");
  const [visibility, setVisibility] = useState<Note["visibility"]>("internal");
  const add = useMutation({
    mutationFn: () => must(api.POST("/api/tickets/{id}/notes", { params: { path: { id: ticketId } }, body: { body: body.trim(), visibility } })),
    onSuccess: () => setBody(""),
    onSettled: () => queries.invalidateQueries({ queryKey: ["timeline", ticketId] }),
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
