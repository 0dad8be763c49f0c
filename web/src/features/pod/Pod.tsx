import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { LinkIcon, ShieldQuestion, TicketX } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must, onSignedOut } from "@/api/client";
import { ApiError } from "@/api/problem";
import { meQuery } from "@/app/me";
import { live, queries } from "@/app/services";
import { usePersonalSettings } from "@/app/shell/usePersonalSettings";
import { Callout } from "@/components/Callout";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { type Brand, useBrand } from "@/features/branding/useBrand";
import { ownPod, readLink } from "./address";
import { guardClicks } from "./seen";
import { SignedOut } from "./SignedOut";
import { TicketView } from "./TicketView";
import classes from "./Pod.module.css";

/** The panel in the ticket: signed out, or the ticket that the link means. */
export function Pod() {
  const { t } = useTranslation();
  const me = useQuery(meQuery);
  const [ended, setEnded] = useState(false);
  const [covered, setCovered] = useState(false);
  useEffect(() => guardClicks(() => setCovered(true)), []);
  useEffect(
    () =>
      onSignedOut(() => {
        live.stop();
        setEnded(queries.getQueryData(meQuery.queryKey) !== undefined);
        queries.setQueryData(meQuery.queryKey, undefined);
        queries.removeQueries({ predicate: (query) => query.queryKey[0] !== "me" });
      }),
    [],
  );
  const out = me.error instanceof ApiError && me.error.status === 401;
  return (
    <main className={classes.pod} aria-label={t("pod.title")}>
      {covered && (
        <Callout tone="pending" live="assertive">
          {t("pod.covered")}
        </Callout>
      )}
      {ended || out ? (
        <SignedOut
          ended={ended}
          onDone={async () => {
            await queries.fetchQuery({ ...meQuery, staleTime: 0 });
            setEnded(false);
          }}
        />
      ) : me.data ? (
        <Inside />
      ) : me.isError ? (
        <ErrorState error={me.error} retry={() => void me.refetch()} compact />
      ) : (
        <Loading rows={4} height={48} />
      )}
    </main>
  );
}

/** What the link means, to the person who is signed in. */
function Inside() {
  const { t } = useTranslation();
  const me = useQuery(meQuery).data;
  const id = ownPod();
  const link = readLink(location.search);
  usePersonalSettings();
  useBrand(me?.organization.branding as Brand | undefined);
  useEffect(() => {
    live.start();
    return () => live.stop();
  }, []);
  const opened = useQuery({
    queryKey: ["pod", id, link],
    queryFn: () => must(api.POST("/api/pods/{id}/open", { params: { path: { id } }, body: link })),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
  });
  return (
    <>
      {opened.isPending ? (
        <Loading rows={4} height={48} />
      ) : opened.data ? (
        <TicketView ticketId={opened.data.ticket_id ?? null} contactId={opened.data.contact_id ?? null} />
      ) : (
        <Refusal error={opened.error} retry={() => void opened.refetch()} />
      )}
      <footer className={classes.footer}>
        <span>{t("pod.who", { name: me?.technician.display_name ?? "" })}</span>
        <Button
          variant="subtle"
          color="gray"
          size="compact-xs"
          onClick={async () => {
            await must(api.DELETE("/api/session"));
            queries.clear();
            location.reload();
          }}
        >
          {t("pod.signOut")}
        </Button>
      </footer>
    </>
  );
}

/** Why the link leads nowhere, and what can be done. */
export function Refusal({ error, retry }: { error: unknown; retry: () => void }) {
  const { t } = useTranslation();
  const code = error instanceof ApiError ? error.code : "";
  if (code === "pod.ticket_unknown") {
    return <EmptyState icon={TicketX} title={t("pod.unknownTitle")} text={t("pod.unknownText")} />;
  }
  if (code?.startsWith("pod.")) {
    return <EmptyState icon={LinkIcon} title={t("pod.linkTitle")} text={problemText(error, t)} />;
  }
  if (error instanceof ApiError && error.status === 403) {
    return <EmptyState icon={ShieldQuestion} title={t("pod.deniedTitle")} text={t("pod.deniedText", { permission: error.problem.permission ?? "" })} />;
  }
  return <ErrorState error={error} retry={retry} compact />;
}
