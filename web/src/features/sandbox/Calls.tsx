import { Button } from "@mantine/core";
import { PhoneIncoming, Volume2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { clock } from "@/components/time";
import { useNow } from "@/components/useNow";
import type { PhoneMessage } from "./data";
import classes from "./Phone.module.css";

/** Incoming calls: what the voice says as text and, where the browser can, aloud. */
export function Calls({ messages }: { messages: PhoneMessage[] }) {
  const { t, i18n } = useTranslation();
  const now = useNow(30_000);
  const speaks = "speechSynthesis" in globalThis;
  return (
    <>
      {messages.length === 0 && <p className={classes.blank}>{t("sandbox.noCalls")}</p>}
      <ul className={classes.mails}>
        {messages.toReversed().map((m) => (
          <li key={m.id} className={classes.call}>
            <PhoneIncoming size={18} aria-hidden="true" />
            <div>
              <strong>{m.from}</strong> <small>{clock(new Date(m.created_at), now, i18n.language)}</small>
              <p className={classes.mailBody}>{m.body}</p>
              {speaks && (
                <Button size="compact-sm" variant="light" leftSection={<Volume2 size={14} />} onClick={() => speechSynthesis.speak(new SpeechSynthesisUtterance(m.body))}>
                  {t("sandbox.listen")}
                </Button>
              )}
            </div>
          </li>
        ))}
      </ul>
    </>
  );
}
