import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import { Callout } from "@/components/Callout";
import { formProblem } from "@/components/form/formProblem";
import { Entry } from "@/features/signin/Entry";
import classes from "@/features/signin/Entry.module.css";
import { useToken } from "@/features/signin/useToken";

/** Where the link of the mail leads: a new password, and then the sign-in. */
export function ResetPage() {
  const { t } = useTranslation();
  const token = useToken();
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const save = useMutation({ mutationFn: () => must(api.POST("/api/session/password", { body: { token: token ?? "", password: next } })) });
  const gone = save.error instanceof ApiError && save.error.status === 410;
  if (save.isSuccess) {
    return (
      <Entry title={t("recovery.doneTitle")} text={t("recovery.doneText")}>
        <Button component={Link} to="/sign-in" mt="md" fullWidth>
          {t("join.toSignIn")}
        </Button>
      </Entry>
    );
  }
  const { byField, summary } = formProblem(save.error, { password: "" }, t);
  if (token === null || gone) {
    return (
      <Entry title={t("recovery.resetTitle")}>
        <Callout tone={gone ? "denied" : "pending"}>{gone ? summary.text : t("recovery.noToken")}</Callout>
        <Button component={Link} to="/forgot" mt="md" fullWidth>
          {t("recovery.askAgain")}
        </Button>
      </Entry>
    );
  }
  const differ = tried && next !== again ? t("signin.differ") : undefined;
  return (
    <Entry title={t("recovery.resetTitle")} text={t("recovery.resetText")}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          setTried(true);
          if (next === again) {
            save.mutate();
          }
        }}
      >
        {save.isError && <Callout tone="denied">{summary.text}</Callout>}
        <PasswordInput
          label={t("signin.new")}
          description={t("signin.newHelp")}
          autoComplete="new-password"
          required
          autoFocus
          error={byField.password}
          visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
          value={next}
          onChange={(e) => setNext(e.currentTarget.value)}
        />
        <PasswordInput
          label={t("signin.again")}
          autoComplete="new-password"
          required
          error={differ}
          visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
          value={again}
          onChange={(e) => setAgain(e.currentTarget.value)}
        />
        <Button type="submit" size="md" loading={save.isPending}>
          {t("signin.change")}
        </Button>
      </form>
    </Entry>
  );
}
