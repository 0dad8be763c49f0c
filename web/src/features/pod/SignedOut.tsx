import { Button } from "@mantine/core";
import { LogIn } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import { Callout } from "@/components/Callout";
import { StateTitle } from "@/components/StateTitle";
import { problemText } from "@/components/problemText";
import { ownPod } from "./address";
import { ask, codeOf, windowAddress } from "./handover";
import classes from "./Pod.module.css";

type State = "idle" | "waiting" | "blocked" | "failed" | "cookie";

interface Props {
  ended: boolean;
  /** Fetches who is signed in now; fails if the browser has not kept the session. */
  onDone: () => Promise<void>;
}

/** Leads to the window in which people sign in, and takes the session from it. */
export function SignedOut({ ended, onDone }: Props) {
  const { t } = useTranslation();
  const [state, setState] = useState<State>("idle");
  const [error, setError] = useState<unknown>(null);
  const stop = useRef(() => {});
  useEffect(() => () => stop.current(), []);

  const start = async () => {
    stop.current();
    setError(null);
    setState("waiting");
    const asked = await ask();
    const child = window.open(windowAddress(ownPod(), asked), "countersign-sign-in", "popup,width=460,height=680");
    if (!child) {
      setState("blocked");
      return;
    }
    const receive = (event: MessageEvent<unknown>) => {
      const code = codeOf(event, child, asked);
      if (code !== "") {
        stop.current();
        void take(code, asked.verifier);
      }
    };
    window.addEventListener("message", receive);
    // A window that is closed says nothing.
    const watch = setInterval(() => {
      if (child.closed) {
        stop.current();
        setState("failed");
      }
    }, 500);
    stop.current = () => {
      clearInterval(watch);
      window.removeEventListener("message", receive);
      stop.current = () => {};
    };
  };

  const take = async (code: string, verifier: string) => {
    try {
      await must(api.POST("/api/session/pod", { body: { pod_id: ownPod(), code, verifier } }));
    } catch (failure) {
      setError(failure);
      setState("idle");
      return;
    }
    try {
      await onDone();
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 401) {
        setState("cookie");
      } else {
        setError(failure);
        setState("idle");
      }
    }
  };

  return (
    <section className={classes.out} aria-label={t("pod.signInTitle")}>
      <StateTitle text={ended ? t("pod.endedTitle") : t("pod.signInTitle")} />
      <p>{ended ? t("pod.endedText") : t("pod.signInText")}</p>
      {error !== null && <Callout tone="denied">{problemText(error, t)}</Callout>}
      {state === "waiting" && (
        <Callout tone="neutral" live="polite">
          {t("pod.waiting")}
        </Callout>
      )}
      {(state === "blocked" || state === "failed" || state === "cookie") && (
        <Callout tone="pending" live="assertive" title={t(`pod.${state}Title`)}>
          {t(`pod.${state}Text`)}
        </Callout>
      )}
      <Button leftSection={<LogIn size={16} />} onClick={() => void start()}>
        {t("pod.signIn")}
      </Button>
    </section>
  );
}
