import { useCallback, useEffect, useRef, useState } from "react";
import type { SignedIn } from "@/api/types";
import { canAutofillPasskeys, getPasskey } from "@/features/factor/passkey";
import { answerWith, askForPasskey, type Question } from "./passkeys";

/** A question to the browser's authenticator lives for five minutes at the server; a new one takes its place before. */
const renewEvery = 4.5 * 60_000;

/**
 * Lets the browser offer passkeys where the email is typed, as long as the page is open. Whatever keeps it from doing so is no error: there
 * is a button as well. What the server says of a passkey that was chosen is.
 */
export function useAutofill({ wanted, onDone }: { wanted: boolean; onDone: (answer: SignedIn) => void }) {
  const [error, setError] = useState<unknown>(null);
  const running = useRef<AbortController | null>(null);
  const done = useRef(onDone);
  useEffect(() => {
    done.current = onDone;
  });

  const stop = useCallback(() => {
    running.current?.abort();
    running.current = null;
    setError(null);
  }, []);

  const start = useCallback(() => {
    running.current?.abort();
    const mine = new AbortController();
    running.current = mine;
    const ask = async (): Promise<void> => {
      const chosen = await choose(mine.signal);
      if (chosen === "again" && !mine.signal.aborted) {
        return ask();
      }
      if (typeof chosen === "string" || mine.signal.aborted) {
        return;
      }
      try {
        done.current(await answerWith(...chosen));
      } catch (failure) {
        setError(failure);
      }
    };
    void canAutofillPasskeys().then((can) => (can ? ask() : undefined));
  }, []);

  useEffect(() => {
    if (!wanted) {
      return;
    }
    start();
    return () => running.current?.abort();
  }, [wanted, start]);

  return { start, stop, error };
}

/** What the person chose; or that the question became too old, or that there is no use in asking. */
async function choose(signal: AbortSignal): Promise<[Question, object] | "again" | "end"> {
  const round = new AbortController();
  const end = () => round.abort();
  signal.addEventListener("abort", end);
  let old = false;
  const timer = setTimeout(() => {
    old = true;
    round.abort();
  }, renewEvery);
  try {
    const question = await askForPasskey(round.signal);
    return [question, await getPasskey(question.options, { autofill: true, signal: round.signal })];
  } catch {
    return old ? "again" : "end"; // without a connection or the browser's help there is the button
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}
