import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { SignedIn } from "@/api/types";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { passkeyText } from "@/features/factor/data";
import { canUsePasskeys } from "@/features/factor/passkey";
import { EnrolPage } from "@/features/signin/EnrolPage";
import { Entry } from "@/features/signin/Entry";
import classes from "@/features/signin/Entry.module.css";
import { PasswordForm } from "@/features/signin/PasswordForm";
import { signInWithPasskey } from "@/features/signin/passkeys";
import { SecondStep } from "@/features/signin/SecondStep";
import { ownPod } from "./address";
import { handOver, readAsked } from "./handover";

type Step = "looking" | "first" | "second" | "password" | "enrolment" | "handed" | "failed";

/** The window beside the ticket: it signs in, or finds that somebody is, and hands the session to the frame that opened it. */
export function SignInWindow() {
  const { t } = useTranslation();
  const [asked] = useState(() => readAsked(location.hash));
  const [step, setStep] = useState<Step>("looking");
  const [methods, setMethods] = useState<string[]>([]);
  const [error, setError] = useState<unknown>(null);

  const goOn = useCallback(async () => {
    try {
      const me = await must(api.GET("/api/me"));
      if (me.hold === "password" || me.hold === "enrolment") {
        setStep(me.hold);
        return;
      }
      const opener = window.opener as Window | null;
      if (!opener || !asked) {
        setStep("handed");
        return;
      }
      const { code } = await must(api.POST("/api/pods/{id}/grants", { params: { path: { id: ownPod() } }, body: { challenge: asked.challenge } }));
      handOver(opener, asked.state, code);
      setStep("handed");
      setTimeout(() => window.close(), 300);
    } catch (failure) {
      if (failure instanceof ApiError && failure.status === 401) {
        setStep("first");
      } else {
        setError(failure);
        setStep("failed");
      }
    }
  }, [asked]);
  const began = useRef(false);
  useEffect(() => {
    // Once, also where React runs effects twice: each code is another.
    if (!began.current) {
      began.current = true;
      void goOn();
    }
  }, [goOn]);

  const done = (answer: SignedIn) => {
    setError(null);
    if (answer.mfa_required) {
      setMethods(answer.methods);
      setStep("second");
    } else {
      void goOn();
    }
  };
  switch (step) {
    case "first":
      return <FirstStep error={error} onDone={done} />;
    case "second":
      return (
        <SecondStep
          methods={methods}
          onDone={done}
          onRestart={(why) => {
            setError(why);
            setStep("first");
          }}
        />
      );
    case "password":
      return (
        <Entry title={t("signin.newTitle")} text={t("signin.newText")}>
          <PasswordForm onDone={() => void goOn()} />
        </Entry>
      );
    case "enrolment":
      return <EnrolPage onDone={() => void goOn()} />;
    case "failed":
      return (
        <Entry title={t("pod.window")}>
          <div className={classes.form}>
            <Callout tone="denied">{problemText(error, t)}</Callout>
            <Button
              variant="default"
              onClick={async () => {
                await must(api.DELETE("/api/session"));
                setError(null);
                setStep("first");
              }}
            >
              {t("pod.anew")}
            </Button>
          </div>
        </Entry>
      );
    case "handed":
      return <Entry title={t("pod.window")} text={window.opener && asked ? t("pod.handed") : t("pod.alone")} />;
    default:
      return <Entry title={t("pod.window")} text={t("pod.handing")} />;
  }
}

function FirstStep({ error: before, onDone }: { error: unknown; onDone: (answer: SignedIn) => void }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [organization, setOrganization] = useState<string | null>(null);
  const signIn = useMutation({
    mutationFn: () => {
      const named = organization?.trim() ? { organization: organization.trim() } : {};
      return must(api.POST("/api/session", { body: { email: email.trim(), password, pod_id: ownPod(), ...named } }));
    },
    onSuccess: onDone,
    onError: () => setPassword(""),
  });
  const passkey = useMutation({ mutationFn: () => signInWithPasskey(ownPod()), onSuccess: onDone });
  const error = (signIn.isPending ? null : signIn.error) ?? (passkey.isPending ? null : passkey.error) ?? before;
  return (
    <Entry title={t("pod.window")} text={t("pod.windowText")}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          passkey.reset();
          signIn.mutate();
        }}
      >
        {error !== null && <Callout tone="denied">{passkeyText(error, t)}</Callout>}
        <TextInput label={t("signin.email")} type="email" autoComplete="username" required autoFocus value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
        <PasswordInput
          label={t("signin.password")}
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {organization !== null && (
          <TextInput
            label={t("signin.organization")}
            description={t("signin.organizationHelp")}
            autoFocus
            value={organization}
            onChange={(e) => setOrganization(e.currentTarget.value)}
          />
        )}
        <Button type="submit" size="md" loading={signIn.isPending}>
          {t("signin.submit")}
        </Button>
        {canUsePasskeys() && (
          <>
            <p className={classes.or}>{t("passkey.or")}</p>
            <Button
              variant="default"
              size="md"
              leftSection={<Fingerprint size={18} />}
              loading={passkey.isPending}
              onClick={() => {
                signIn.reset();
                passkey.mutate();
              }}
            >
              {t("passkey.signIn")}
            </Button>
          </>
        )}
        {organization === null && signIn.isError && (
          <div className={classes.others}>
            <Button variant="subtle" onClick={() => setOrganization("")}>
              {t("signin.several")}
            </Button>
          </div>
        )}
      </form>
    </Entry>
  );
}
