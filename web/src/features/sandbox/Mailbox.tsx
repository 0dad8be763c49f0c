import { Button, Textarea, TextInput } from "@mantine/core";
import { ChevronLeft, Paperclip, PenLine } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { fileSize } from "@/components/file";
import { clock } from "@/components/time";
import { useNow } from "@/components/useNow";
import type { PhoneMessage } from "./data";
import { Linked } from "./Linked";
import type { Outgoing } from "./Phone";
import classes from "./Phone.module.css";

interface Props {
  messages: PhoneMessage[];
  from: string;
  service: string;
  busy: boolean;
  onSend: (out: Outgoing) => void;
}

/** The contact's mail: what came, latest first, and answers to it. */
export function Mailbox({ messages, from, service, busy, onSend }: Props) {
  const { t, i18n } = useTranslation();
  const now = useNow(30_000);
  const [open, setOpen] = useState<string | null>(null);
  const mail = messages.find((m) => m.id === open);
  const send = (out: Omit<Outgoing, "kind" | "from">) => {
    onSend({ kind: "email", from, ...out });
    setOpen(null);
  };
  if (!from) {
    return <p className={classes.blank}>{t("sandbox.noAddress")}</p>;
  }
  if (open === "new" || mail) {
    return (
      <div className={classes.mail}>
        <button type="button" className={classes.mailBack} onClick={() => setOpen(null)}>
          <ChevronLeft size={15} aria-hidden="true" /> {t("sandbox.tab.email")}
        </button>
        {mail && (
          <>
            <h3>{mail.subject || t("sandbox.noSubject")}</h3>
            <small>
              {mail.from} · {clock(new Date(mail.created_at), now, i18n.language)}
            </small>
            <p className={classes.mailBody}>
              <Linked text={mail.body} />
            </p>
            {mail.attachment && (
              <p className={classes.attached}>
                <Paperclip size={14} aria-hidden="true" />
                <span>
                  {t("sandbox.attachment")} <strong>{mail.attachment.name}</strong> {fileSize(mail.attachment.size, i18n.language)}
                </span>
              </p>
            )}
          </>
        )}
        {!mail?.mine && <Letter to={mail?.from ?? service} subject={mail ? answerTo(mail.subject) : "verify"} fresh={!mail} busy={busy} onSend={send} />}
      </div>
    );
  }
  return (
    <>
      <div className={classes.mailNew}>
        <Button size="compact-sm" variant="light" leftSection={<PenLine size={14} />} onClick={() => setOpen("new")}>
          {t("sandbox.newMail")}
        </Button>
      </div>
      {messages.length === 0 && <p className={classes.blank}>{t("sandbox.noMail")}</p>}
      <ul className={classes.mails}>
        {messages.toReversed().map((m) => (
          <li key={m.id}>
            <button type="button" onClick={() => setOpen(m.id)}>
              <span>
                <strong>{m.mine ? t("sandbox.sentTo", { to: m.to }) : (m.subject ?? t("sandbox.noSubject"))}</strong>
                <small>{clock(new Date(m.created_at), now, i18n.language)}</small>
              </span>
              <small>{m.body.slice(0, 90)}</small>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

interface LetterProps {
  to: string;
  subject: string;
  fresh: boolean;
  busy: boolean;
  onSend: (out: { to: string; subject: string; body: string }) => void;
}

function Letter({ to, subject: initial, fresh, busy, onSend }: LetterProps) {
  const { t } = useTranslation();
  const [subject, setSubject] = useState(initial);
  const [body, setBody] = useState(fresh ? "#verify" : "");
  return (
    <form
      className={classes.letter}
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ to, subject, body });
      }}
    >
      <small>{t("sandbox.to", { to })}</small>
      {fresh && <TextInput label={t("sandbox.subject")} value={subject} onChange={(e) => setSubject(e.currentTarget.value)} />}
      {!fresh && (
        <div className={classes.quick} role="group" aria-label={t("sandbox.quick")}>
          {["#confirm", "#deny", "NO"].map((word) => (
            <button key={word} type="button" disabled={busy} onClick={() => onSend({ to, subject, body: word })}>
              {word}
            </button>
          ))}
        </div>
      )}
      <Textarea label={t("sandbox.body")} autosize minRows={2} maxRows={6} value={body} onChange={(e) => setBody(e.currentTarget.value)} />
      <Button type="submit" size="compact-sm" loading={busy} disabled={!body.trim()}>
        {t("sandbox.send")}
      </Button>
    </form>
  );
}

function answerTo(subject: string | undefined): string {
  return subject?.startsWith("Re: ") ? subject : `Re: ${subject ?? ""}`;
}
