import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { SignedIn } from "@/api/types";
import { Callout } from "@/components/Callout";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { RecoveryCodes } from "@/features/factor/RecoveryCodes";
import { Entry } from "@/features/signin/Entry";
import { enter } from "@/features/signin/enter";
import { useToken } from "@/features/signin/useToken";
import { JoinForm } from "./JoinForm";

/** Where the link of an invitation leads: who invites, and how the person wants to sign in from now on. */
export function JoinPage() {
  const { t } = useTranslation();
  const token = useToken();
  const [joined, setJoined] = useState<(SignedIn & { recovery_codes: string[] }) | null>(null);
  const invitation = useQuery({
    queryKey: ["invitation-link", token],
    queryFn: () => must(api.POST("/api/session/invitation", { body: { token: token ?? "" } })),
    enabled: token !== null && joined === null,
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (joined) {
    return (
      <Entry title={t("join.codesTitle")} text={t("join.codesText")}>
        <RecoveryCodes codes={joined.recovery_codes} />
        <Button mt="md" fullWidth onClick={() => enter(joined)}>
          {t("join.codesDone")}
        </Button>
      </Entry>
    );
  }
  if (token === null || invitation.isError) {
    return (
      <Entry title={t("join.working")}>
        {invitation.isError ? <Callout tone="denied">{problemText(invitation.error, t)}</Callout> : <Callout tone="pending">{t("join.noToken")}</Callout>}
        {invitation.isError && invitation.error instanceof ApiError && invitation.error.status === 0 ? (
          <Button mt="md" fullWidth onClick={() => void invitation.refetch()}>
            {t("error.retry")}
          </Button>
        ) : (
          <Button component={Link} to="/sign-in" mt="md" fullWidth variant={isAccepted(invitation.error) ? "filled" : "default"}>
            {t("join.toSignIn")}
          </Button>
        )}
      </Entry>
    );
  }
  if (invitation.isPending) {
    return (
      <Entry title={t("join.working")}>
        <Loading rows={5} height={48} />
      </Entry>
    );
  }
  const { organization, invited_by: who, email } = invitation.data;
  return (
    <Entry title={t("join.title", { organization: organization.name })} text={t("join.text", { who, email })}>
      <JoinForm
        token={token}
        invitation={invitation.data}
        onJoined={(answer) => (answer.recovery_codes.length > 0 ? setJoined(answer) : enter(answer))}
      />
    </Entry>
  );
}

function isAccepted(error: unknown): boolean {
  return error instanceof ApiError && error.code === "invitation.accepted";
}
