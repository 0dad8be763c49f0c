import { Button, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { TechnicianVerification } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { renewVerifications, requestQuery } from "./data";
import { Digits } from "./Digits";
import classes from "./RequestCard.module.css";

/** The code, for its claimer alone, with the sentence to say; and the weaker way when the person cannot answer. */
export function ClaimedRequest({ request }: { request: TechnicianVerification }) {
  const { t } = useTranslation();
  const [verbal, setVerbal] = useState(false);
  const full = useQuery(requestQuery(request.id));
  const code = full.data?.code;
  if (full.isError) {
    return <ErrorState error={full.error} retry={() => void full.refetch()} compact />;
  }
  return (
    <>
      <div className={classes.reading}>
        <p className={classes.warning}>{t("request.onlyIf")}</p>
        {code ? <Digits value={code} label={t("request.code")} /> : <Loading rows={1} height={56} />}
        <p className={classes.say}>{t("request.say", { name: request.contact_name })}</p>
        <p className={classes.say} role="status">
          {t("request.waitingFor", { name: request.contact_name })}
        </p>
      </div>
      {verbal ? (
        <ConfirmVerbally request={request} />
      ) : (
        <div className={classes.buttons}>
          <Button variant="subtle" onClick={() => setVerbal(true)}>
            {t("request.verbal")}
          </Button>
        </div>
      )}
    </>
  );
}

function ConfirmVerbally({ request }: { request: TechnicianVerification }) {
  const { t } = useTranslation();
  const [note, setNote] = useState("");
  const confirm = useMutation({
    mutationFn: () =>
      must(api.POST("/api/technician-verifications/{id}/confirm-verbally", { params: { path: { id: request.id } }, body: { note: note.trim() } })),
    onSuccess: (done) => queries.setQueryData(requestQuery(done.id).queryKey, done),
    onSettled: () => renewVerifications(request.contact_id),
  });
  return (
    <form
      className={classes.claim}
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate();
      }}
    >
      {confirm.isError && <Callout tone="denied">{problemText(confirm.error, t)}</Callout>}
      <div className={classes.verbal}>
        <TextInput
          label={t("request.verbalNote")}
          description={t("request.verbalHelp")}
          value={note}
          maxLength={500}
          required
          // The field was asked for just now.
          data-autofocus
          onChange={(e) => setNote(e.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={confirm.isPending} disabled={!note.trim()}>
          {t("request.verbalSave")}
        </Button>
      </div>
    </form>
  );
}
