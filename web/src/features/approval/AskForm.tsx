import { Button, Group, Select, Textarea } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Asked } from "@/api/problem";
import { useCan, useMe } from "@/app/me";
import { Callout } from "@/components/Callout";
import { formProblem } from "@/components/form/formProblem";
import classes from "./Approval.module.css";
import { Alone } from "./Alone";
import { askFor } from "./data";
import { Sent } from "./Sent";
import { TicketField } from "./TicketField";

export interface AskProps {
  asked: Asked;
  onClose: () => void;
  /** What follows when it was done at once. */
  onDone?: () => void;
  /** What was said already, where the question that was refused asked for it. */
  reason?: string;
}

/** What happens once somebody approves. */
function whatNext(action: string, t: TFunction): string {
  switch (action) {
    case "verification.override":
      return t("approval.ask.textOverride");
    case "audit.export":
      return t("approval.ask.textUse");
    case "permission.use":
      return t("approval.useIt.text");
    default:
      return t("approval.ask.text");
  }
}

const lives = ["60", "240", "1440", "4320", "10080"] as const;

/** Asks a second person for what was refused, and says what happens next. Administrators may act at once instead. */
export function AskForm({ asked, onClose, onDone, reason: said = "" }: AskProps) {
  const { t } = useTranslation();
  const me = useMe();
  const can = useCan();
  const [reason, setReason] = useState(said);
  const [ticketId, setTicketId] = useState<string | null>(typeof asked.parameters.ticket_id === "string" ? asked.parameters.ticket_id : null);
  const [life, setLife] = useState<string>("60");
  const [alone, setAlone] = useState(false);
  const [missing, setMissing] = useState(false);
  const ask = useMutation({ mutationFn: () => askFor(asked, { reason, ticketId: ticketId ?? undefined, minutes: Number(life) }) });
  if (ask.data) {
    return <Sent request={ask.data} onClose={onClose} />;
  }
  if (alone) {
    return <Alone asked={asked} reason={reason} onClose={onClose} onDone={onDone} onBack={() => setAlone(false)} />;
  }
  const { byField, summary } = formProblem(ask.error, { reason: "", ticket_id: "", expires_in_minutes: "" }, t);
  return (
    <form
      className={classes.form}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        event.stopPropagation(); // it may stand on a form in the tree of components
        setMissing(reason.trim() === "");
        if (reason.trim() !== "") {
          ask.mutate();
        }
      }}
    >
      <Callout tone="pending" title={t("approval.ask.title")}>
        {whatNext(asked.action, t)}
      </Callout>
      {ask.isError && Object.keys(byField).length === 0 && (
        <Callout tone="denied">
          {summary.text} {summary.rest.join(" ")}
        </Callout>
      )}
      <Textarea
        label={t("approval.ask.reason")}
        description={t("approval.ask.reasonHelp")}
        required
        data-autofocus
        autoFocus // it may take the place of the question that was refused
        autosize
        minRows={2}
        maxRows={6}
        maxLength={500}
        error={missing && reason.trim() === "" ? t("form.required") : byField.reason}
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
      />
      {can("ticket.view") && <TicketField value={ticketId} onChange={setTicketId} error={byField.ticket_id} />}
      <Select
        label={t("approval.ask.life")}
        data={lives.map((value) => ({ value, label: t(`approval.ask.lives.${value}`) }))}
        allowDeselect={false}
        error={byField.expires_in_minutes}
        value={life}
        onChange={(next) => setLife(next ?? "60")}
      />
      <Group justify="flex-end" gap={8}>
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={ask.isPending}>
          {t("approval.ask.send")}
        </Button>
      </Group>
      {(me?.technician.owner || me?.technician.platform_role === "administrator") && (
        <div className={classes.alone}>
          <Button variant="subtle" color="red" size="compact-sm" onClick={() => setAlone(true)}>
            {t("approval.alone.open")}
          </Button>
        </div>
      )}
    </form>
  );
}
