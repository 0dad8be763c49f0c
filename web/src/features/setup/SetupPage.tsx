import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { Entry } from "@/features/signin/Entry";
import { useToken } from "@/features/signin/useToken";
import { DemoOffer } from "./DemoOffer";
import { OwnerForm } from "./OwnerForm";

/** The first page of a new installation: its organization and owner, or the demo organization to look around in. */
export function SetupPage() {
  const { t } = useTranslation();
  const token = useToken();
  const state = useQuery({ queryKey: ["setup"], queryFn: () => must(api.GET("/api/setup")) });
  if (state.isPending || state.isError) {
    return <Entry title={t("setup.title")}>{state.isError ? <ErrorState error={state.error} retry={() => void state.refetch()} compact /> : <Loading rows={3} />}</Entry>;
  }
  if (!state.data.needed) {
    return (
      <Entry title={t("setup.doneTitle")} text={t("setup.doneText")}>
        <Button component={Link} to="/sign-in" mt="md" fullWidth>
          {t("signin.title")}
        </Button>
      </Entry>
    );
  }
  return (
    <Entry title={t("setup.title")} text={t("setup.text")}>
      {token ? (
        <>
          <OwnerForm token={token} />
          <DemoOffer token={token} />
        </>
      ) : (
        <Callout tone="pending">{t("setup.noToken")}</Callout>
      )}
    </Entry>
  );
}
