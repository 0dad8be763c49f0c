import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { Entry } from "./Entry";
import classes from "./Entry.module.css";
import { enter } from "./enter";
import { useToken } from "./useToken";

/** Sign-in by password, or by a one-time link. */
export function SignInPage() {
  const { t } = useTranslation();
  const { next } = useSearch({ strict: false }) as { next?: string };
  const token = useToken();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [organization, setOrganization] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);

  const link = useMutation({
    mutationFn: (value: string) => must(api.POST("/api/session/link", { body: { token: value } })),
    onSuccess: (answer) => enter(answer, next),
  });
  const signIn = useMutation({
    mutationFn: () => must(api.POST("/api/session", { body: { email: email.trim(), password, ...(organization?.trim() ? { organization: organization.trim() } : {}) } })),
    onSuccess: (answer) => enter(answer, next),
    onError: () => {
      setPassword("");
      field.current?.focus();
    },
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
  return (
    <Entry title={t("signin.title")} text={following ? t("signin.following") : t("signin.text")}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          signIn.mutate();
        }}
      >
        {link.isError && <Callout tone="denied">{problemText(link.error, t)}</Callout>}
        {signIn.isError && <Callout tone="denied">{problemText(signIn.error, t)}</Callout>}
        <TextInput
          label={t("signin.email")}
          type="email"
          autoComplete="username"
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
        {organization === null && signIn.isError && (
          <Button variant="subtle" onClick={() => setOrganization("")}>
            {t("signin.several")}
          </Button>
        )}
      </form>
    </Entry>
  );
}
