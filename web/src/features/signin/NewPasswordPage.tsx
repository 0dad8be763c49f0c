import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { announceSignedOut, api, must } from "@/api/client";
import { goTo } from "@/app/navigate";
import { queries } from "@/app/services";
import { Entry } from "./Entry";
import { PasswordForm } from "./PasswordForm";

/** A temporary password has to be replaced before anything else. */
export function NewPasswordPage() {
  const { t } = useTranslation();
  const signOut = useMutation({ mutationFn: () => must(api.DELETE("/api/session")), onSettled: announceSignedOut });
  return (
    <Entry title={t("signin.newTitle")} text={t("signin.newText")}>
      <PasswordForm
        onDone={() => {
          queries.clear();
          goTo("/");
        }}
      />
      <Button variant="subtle" color="gray" fullWidth mt="sm" onClick={() => signOut.mutate()}>
        {t("own.signOut")}
      </Button>
    </Entry>
  );
}
