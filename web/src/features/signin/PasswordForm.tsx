import { Button, PasswordInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { useMe } from "@/app/me";
import { Callout } from "@/components/Callout";
import { formProblem } from "@/components/form/formProblem";
import classes from "./Entry.module.css";

/** Changes one's own password. */
export function PasswordForm({ onDone }: { onDone: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const save = useMutation({
    mutationFn: () => must(api.PUT("/api/me/password", { body: { current_password: current, new_password: next } })),
    onSuccess: onDone,
  });
  const { byField: fields, summary } = formProblem(save.error, { current_password: "", new_password: "" }, t);
  const differ = tried && next !== again ? t("signin.differ") : undefined;
  return (
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
        label={t("signin.current")}
        autoComplete="current-password"
        required
        error={fields.current_password}
        visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
        value={current}
        onChange={(e) => setCurrent(e.currentTarget.value)}
      />
      <PasswordInput
        label={t("signin.new")}
        description={me ? t("security.passwordLength", { count: me.password_min_length }) : undefined}
        autoComplete="new-password"
        required
        error={fields.new_password}
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
      <Button type="submit" loading={save.isPending}>
        {t("signin.change")}
      </Button>
    </form>
  );
}
