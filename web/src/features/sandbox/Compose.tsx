import { ActionIcon, TextInput } from "@mantine/core";
import { SendHorizontal } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./Phone.module.css";

const quick = ["#verify", "#confirm", "NO", "STOP", "START"];

/** Types as the contact; the words that mean something are one press away. */
export function Compose({ busy, onSend }: { busy: boolean; onSend: (body: string) => void }) {
  const { t } = useTranslation();
  const [body, setBody] = useState("");
  const send = (text: string) => {
    if (text.trim() && !busy) {
      onSend(text.trim());
      setBody("");
    }
  };
  return (
    <div className={classes.compose}>
      <div className={classes.quick} role="group" aria-label={t("sandbox.quick")}>
        {quick.map((word) => (
          <button key={word} type="button" disabled={busy} onClick={() => send(word)}>
            {word}
          </button>
        ))}
      </div>
      <form
        className={classes.write}
        onSubmit={(event) => {
          event.preventDefault();
          send(body);
        }}
      >
        <TextInput
          style={{ flex: 1 }}
          radius="xl"
          aria-label={t("sandbox.write")}
          placeholder={t("sandbox.write")}
          autoComplete="off"
          maxLength={1600}
          value={body}
          onChange={(e) => setBody(e.currentTarget.value)}
        />
        <ActionIcon type="submit" size={36} radius="xl" aria-label={t("sandbox.send")} loading={busy} disabled={!body.trim()}>
          <SendHorizontal size={17} />
        </ActionIcon>
      </form>
    </div>
  );
}
