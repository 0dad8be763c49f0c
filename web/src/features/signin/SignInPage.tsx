import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Fingerprint } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { SignedIn } from "@/api/types";
import { Callout } from "@/components/Callout";
import { passkeyText } from "@/features/factor/data";
import { canUsePasskeys } from "@/features/factor/passkey";
import { Entry } from "./Entry";
import classes from "./Entry.module.css";
import { enter } from "./enter";
import { signInWithPasskey } from "./passkeys";
import { SecondStep } from "./SecondStep";
import { useAutofill } from "./useAutofill";
import { useToken } from "./useToken";

/** Sign-in by password, passkey or a one-time link, with a second step where there is one. */
export function SignInPage() {
  const { next } = useSearch({ strict: false }) as { next?: string };
  const [methods, setMethods] = useState<string[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const done = (answer: SignedIn) => {
    setError(null);
    if (answer.mfa_required) {
      setMethods(answer.methods);
    } else {
      enter(answer, next);
    }
  };
  if (methods) {
    return (
      <SecondStep
        methods={methods}
        onDone={done}
        onRestart={(why) => {
          setError(why);
          setMethods(null);
        }}
      />
    );
  }
  return <FirstStep error={error} onDone={done} />;
}

function FirstStep({ error: before, onDone }: { error: unknown; onDone: (answer: SignedIn) => void }) {
  const { t } = useTranslation();
  const token = useToken();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [organization, setOrganization] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);

  const link = useMutation({ mutationFn: (value: string) => must(api.POST("/api/session/link", { body: { token: value } })), onSuccess: onDone });
  const autofill = useAutofill({ wanted: !token, onDone });
  const signIn = useMutation({
    mutationFn: () => must(api.POST("/api/session", { body: { email: email.trim(), password, ...(organization?.trim() ? { organization: organization.trim() } : {}) } })),
    onSuccess: (answer) => {
      autofill.stop();
      onDone(answer);
    },
    onError: () => {
      setPassword("");
      field.current?.focus();
    },
  });
  const passkey = useMutation({
    mutationFn: () => {
      autofill.stop(); // a browser answers one question at a time
      return signInWithPasskey();
    },
    onSuccess: onDone,
    onError: () => autofill.start(),
  });
  const follow = link.mutate;
  const followed = useRef(false);
  useEffect(() => {
    // Once, also where React runs effects twice: the link is used up by the first call.
    if (token && !followed.current) {
      followed.current = true;
      follow(token);
    }
  }, [token, follow]);

  const following = link.isPending || link.isSuccess;
  const error = link.error ?? (signIn.isPending ? null : signIn.error) ?? (passkey.isPending ? null : passkey.error) ?? autofill.error ?? before;
  return (
    <Entry title={t("signin.title")} text={following ? t("signin.following") : t("signin.text")}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          passkey.reset();
          signIn.mutate();
        }}
      >
        <Refusal error={error} />
        <TextInput
          label={t("signin.email")}
          type="email"
          autoComplete="username webauthn"
          required
          autoFocus={!token}
          disabled={following}
          value={email}
          onChange={(e) => setEmail(e.currentTarget.value)}
        />
        <PasswordInput
          ref={field}
          label={t("signin.password")}
          autoComplete="current-password"
          required
          disabled={following}
          visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
        />
        {organization !== null && (
          <TextInput
            label={t("signin.organization")}
            description={t("signin.organizationHelp")}
            autoComplete="organization"
            autoFocus
            value={organization}
            onChange={(e) => setOrganization(e.currentTarget.value)}
          />
        )}
        <Button type="submit" size="md" loading={signIn.isPending || following}>
          {t("signin.submit")}
        </Button>
        {!following && canUsePasskeys() && (
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
        <div className={classes.others}>
          {!following && (
            <Button component={Link} to="/forgot" variant="subtle" color="gray">
              {t("recovery.forgot")}
            </Button>
          )}
          {organization === null && signIn.isError && (
            <Button variant="subtle" onClick={() => setOrganization("")}>
              {t("signin.several")}
            </Button>
          )}
        </div>
      </form>
    </Entry>
  );
}

function Refusal({ error }: { error: unknown }) {
  const { t } = useTranslation();
  if (!error) {
    return null;
  }
  if (error instanceof ApiError && error.code === "factor.passkey_changed") {
    return (
      <Callout tone="pending" title={t("passkey.changedTitle")} live="assertive">
        {t("passkey.changedText")}
      </Callout>
    );
  }
  return <Callout tone="denied">{passkeyText(error, t)}</Callout>;
}
