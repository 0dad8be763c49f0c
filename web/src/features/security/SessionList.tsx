import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import classes from "@/features/settings/Settings.module.css";

const methods = ["password", "passkey", "security_key", "totp", "recovery_code", "link"] as const;

// A method that this console does not know yet is shown as the server calls it.
function methodText(method: string, t: TFunction): string {
  const known = methods.find((m) => m === method);
  return known ? t(`security.method.${known}`) : method;
}

const renew = () => queries.invalidateQueries({ queryKey: ["sessions"] });

/** The sessions of a technician, one's own by default. */
export function SessionList({ technicianId }: { technicianId?: string }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["sessions", { technician_id: technicianId }],
    queryFn: () => must(api.GET("/api/sessions", { params: { query: { technician_id: technicianId } } })),
  });
  const onError = (error: unknown) => toast(problemText(error, t), "denied");
  const end = useMutation({ mutationFn: (id: string) => must(api.DELETE("/api/sessions/{id}", { params: { path: { id } } })), onSettled: renew, onError });
  const endOthers = useMutation({ mutationFn: () => must(api.DELETE("/api/sessions")), onSettled: renew, onError });
  const sessions = query.data?.items ?? [];
  return (
    <Card
      title={technicianId ? t("settings.sessions.short") : t("settings.sessions.title")}
      flush
      actions={
        !technicianId &&
        sessions.length > 1 && (
          <Button variant="default" size="compact-sm" loading={endOthers.isPending} onClick={() => endOthers.mutate()}>
            {t("settings.sessions.endOthers")}
          </Button>
        )
      }
    >
      {query.isPending ? (
        <div className={classes.empty}>
          <Loading rows={3} />
        </div>
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : sessions.length === 0 ? (
        <p className={classes.empty}>{t("settings.sessions.none")}</p>
      ) : (
        <ul className={classes.items}>
          {sessions.map((session) => (
            <li key={session.id}>
              <div>
                <strong>{session.device || t("settings.sessions.unknown")}</strong>
                <small>
                  {session.address} · {t("settings.sessions.seen")} <RelativeTime at={session.last_seen_at} />
                  {session.methods.length > 0 && ` · ${t("security.signedInBy")} ${session.methods.map((method) => methodText(method, t)).join(" + ")}`}
                </small>
              </div>
              {session.current ? (
                <StateBadge state="verified" label={t("settings.sessions.current")} />
              ) : (
                <Button
                  variant="default"
                  size="compact-sm"
                  loading={end.isPending && end.variables === session.id}
                  aria-label={t("settings.sessions.endOne", { device: session.device })}
                  onClick={() => end.mutate(session.id)}
                >
                  {t("settings.sessions.end")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}
