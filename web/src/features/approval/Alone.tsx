import { Button, Group, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Callout } from "@/components/Callout";
import { formProblem } from "@/components/form/formProblem";
import classes from "./Approval.module.css";
import type { AskProps } from "./AskForm";
import { breakGlass } from "./data";
import { Sent } from "./Sent";

const least = 10;

/** Acts at once without a second person (ACC-32): with a reason, a warning, and a proof that it is still the same person. */
export function Alone({ asked, onClose, onDone, onBack, reason: said = "" }: AskProps & { onBack: () => void }) {
  const { t } = useTranslation();
  const [reason, setReason] = useState(said);
  const [missing, setMissing] = useState(false);
  const ticketId = typeof asked.parameters.ticket_id === "string" ? asked.parameters.ticket_id : undefined;
  const act = useMutation({ mutationFn: () => breakGlass(asked, { reason, ticketId }) });
  if (act.data) {
    const done = act.data.state === "executed";
    return (
      <Sent
        request={act.data}
        onClose={() => {
          onClose();
          if (done) {
            onDone?.();
          }
        }}
      />
    );
  }
  const short = [...reason.trim()].length < least;
  const { byField, summary } = formProblem(act.error, { reason: "" }, t);
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        event.stopPropagation();
        setMissing(short);
        if (!short) {
          act.mutate();
        }
      }}
    >
      <Callout tone="denied" title={t("approval.alone.title")}>
        {t("approval.alone.text")}
      </Callout>
      {act.isError && Object.keys(byField).length === 0 && (
        <Callout tone="denied">
          {summary.text} {summary.rest.join(" ")}
        </Callout>
      )}
      <Textarea
        label={t("approval.alone.reason")}
        description={t("approval.alone.reasonHelp")}
        required
        autoFocus // it takes the place of the form that was left for it
        autosize
        minRows={2}
        maxRows={6}
        maxLength={500}
        error={missing && short ? t("approval.alone.short") : byField.reason}
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
      />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onBack}>
          {t("approval.alone.back")}
        </Button>
        <Button type="submit" color="red.9" loading={act.isPending}>
          {t("approval.alone.do")}
        </Button>
      </Group>
    </form>
  );
}
