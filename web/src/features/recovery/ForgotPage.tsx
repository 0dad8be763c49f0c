import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import { Entry } from "@/features/signin/Entry";
import classes from "@/features/signin/Entry.module.css";

/** Asks for a mail with a link to a new password. The answer is the same whoever asks. */
export function ForgotPage() {
  const { t } = useTranslation();
  const [email, setEmail] = useState("");
  const [organization, setOrganization] = useState<string | null>(null);
  const ask = useMutation({
    mutationFn: () => must(api.POST("/api/session/reset", { body: { email: email.trim(), ...(organization?.trim() ? { organization: organization.trim() } : {}) } })),
  });
  if (ask.isSuccess) {
    return (
      <Entry title={t("recovery.sentTitle")}>
        <Callout tone="neutral" live="polite">
          {t("recovery.sentText", { email: email.trim() })}
        </Callout>
        <p className={classes.text}>{t("recovery.sentHelp")}</p>
        <Button component={Link} to="/sign-in" mt="md" fullWidth>
          {t("recovery.back")}
        </Button>
        <Button variant="subtle" color="gray" mt="xs" fullWidth onClick={() => ask.reset()}>
          {t("recovery.again")}
        </Button>
      </Entry>
    );
  }
  return (
    <Entry title={t("recovery.title")} text={t("recovery.text")}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          ask.mutate();
        }}
      >
        {ask.isError && <Callout tone="denied">{problemText(ask.error, t)}</Callout>}
        <TextInput label={t("signin.email")} type="email" autoComplete="username" required autoFocus value={email} onChange={(e) => setEmail(e.currentTarget.value)} />
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
        <Button type="submit" size="md" loading={ask.isPending}>
          {t("recovery.submit")}
        </Button>
        {organization === null && (
          <Button variant="subtle" onClick={() => setOrganization("")}>
            {t("signin.several")}
          </Button>
        )}
        <Button component={Link} to="/sign-in" variant="subtle" color="gray">
          {t("recovery.back")}
        </Button>
      </form>
    </Entry>
  );
}
