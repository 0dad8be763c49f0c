import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { clock } from "@/components/time";
import { useNow } from "@/components/useNow";
import type { PhoneMessage } from "./data";
import { Linked } from "./Linked";
import classes from "./Phone.module.css";

/** Text messages, latest at the bottom and in sight. */
export function Thread({ messages, service }: { messages: PhoneMessage[]; service: string }) {
  const { t, i18n } = useTranslation();
  const now = useNow(2000);
  const end = useRef<HTMLLIElement>(null);
  const last = messages.at(-1);
  const latest = last?.id;
  const unanswered = last?.mine === true && /verify/i.test(last.body) && now.getTime() - Date.parse(last.created_at) > 3000;
  useEffect(() => {
    const screen = end.current?.closest<HTMLElement>("[role=region]");
    screen?.scrollTo({ top: screen.scrollHeight });
  }, [latest]);
  return (
    <>
      <p className={classes.peer}>{service}</p>
      {messages.length === 0 && <p className={classes.blank}>{t("sandbox.noSms")}</p>}
      <ol className={classes.thread} aria-live="polite" aria-label={t("sandbox.tab.sms")}>
        {messages.map((m) => (
          <li key={m.id} data-mine={m.mine || undefined}>
            <p>
              <Linked text={m.body} />
            </p>
            <small>
              {clock(new Date(m.created_at), now, i18n.language)}
              {m.possible_repeat && ` · ${t("sandbox.repeat")}`}
            </small>
          </li>
        ))}
        {unanswered && <li className={classes.hint}>{t("sandbox.noAnswer")}</li>}
        <li ref={end} aria-hidden="true" className={classes.end} />
      </ol>
    </>
  );
}
