import { Loader } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { onlyDigits } from "./onlyDigits";
import classes from "./CodeField.module.css";

interface Props {
  digits: number;
  busy: boolean;
  wrong: boolean;
  /** Changes with every try, so that the field is emptied after each wrong one. */
  attempt: number;
  onCode: (code: string) => void;
  /** What the code is; by default the one that is read out. */
  label?: string;
  /** The codes of one's own app may be filled in by the browser. */
  own?: boolean;
}

/** Takes the digits as they are read out or shown: focused, forgiving about spaces, and sent by itself when complete. */
export function CodeField({ digits, busy, wrong, attempt, onCode, label, own = false }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.focus(), []);
  useEffect(() => {
    if (wrong && !busy) {
      setText("");
      input.current?.focus();
    }
  }, [wrong, busy, attempt]);
  const change = (value: string) => {
    const code = onlyDigits(value).slice(0, digits);
    setText(code);
    if (code.length === digits && !busy) {
      onCode(code);
    }
  };
  return (
    <div className={classes.field}>
      <input
        ref={input}
        data-autofocus
        className={classes.input}
        data-wrong={wrong || undefined}
        style={{ width: `calc(${digits} * 1.02ch + ${digits} * 0.28em + 32px)` }}
        aria-label={label ?? t("panel.codeLabel", { count: digits })}
        aria-invalid={wrong || undefined}
        inputMode="numeric"
        autoComplete={own ? "one-time-code" : "off"}
        spellCheck={false}
        placeholder={"·".repeat(digits)}
        value={text}
        readOnly={busy}
        onChange={(e) => change(e.currentTarget.value)}
      />
      {busy && <Loader size={22} aria-label={t("panel.checking")} />}
    </div>
  );
}
