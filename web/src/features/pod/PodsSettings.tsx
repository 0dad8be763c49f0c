import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Pod } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { CopyButton } from "@/components/CopyButton";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { useNow } from "@/components/useNow";
import { RelativeTime } from "@/components/RelativeTime";
import classes from "@/features/settings/Settings.module.css";
import { PodForm } from "./PodForm";
import { address, frame } from "./snippet";

const queryKey = ["settings", "pods"];

/** The pods for ticket systems: who may frame them, and what to paste there. */
export function PodsSettings() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey, queryFn: () => must(api.GET("/api/pods")) });
  const [editing, setEditing] = useState<Pod | "new" | null>(null);
  const [made, setMade] = useState<Pod | null>(null);
  const [turning, setTurning] = useState<Pod | null>(null);
  const [removing, setRemoving] = useState<Pod | null>(null);
  const now = useNow();
  const pods = query.data?.items ?? [];
  return (
    <>
      {made && (
        <Callout tone="verified" live="polite" title={t("pods.secretTitle", { name: made.name })}>
          {t("pods.secretText")}
          <p className={classes.secret}>
            <code className="cs-code">{made.secret}</code>
            <CopyButton value={made.secret ?? ""} />
          </p>
        </Callout>
      )}
      <Card
        title={t("pods.title")}
        flush
        actions={
          <Button size="compact-sm" leftSection={<Plus size={14} />} onClick={() => setEditing("new")}>
            {t("pods.new")}
          </Button>
        }
      >
        <p className={classes.empty}>{t("pods.text")}</p>
        {query.isPending ? (
          <div className={classes.empty}>
            <Loading rows={3} />
          </div>
        ) : query.isError ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} compact />
        ) : pods.length === 0 ? (
          <p className={classes.empty}>{t("pods.none")}</p>
        ) : (
          <ul className={classes.items}>
            {pods.map((pod) => (
              <li key={pod.id}>
                <div>
                  <strong>{pod.name}</strong>
                  <small>
                    {t(`pods.kinds.${pod.kind}`)} · {pod.origins.length > 0 ? pod.origins.join(", ") : t("pods.originsNone")}
                    {pod.previous_secret_until && (now.getTime() < Date.parse(pod.previous_secret_until)) && (
                      <>
                        {" · "}
                        {t("pods.previous")} <RelativeTime at={pod.previous_secret_until} />
                      </>
                    )}
                  </small>
                  <small>{t(`pods.hints.${pod.kind}`)}</small>
                  <small className={classes.secret}>
                    {t("pods.url")}: <code className="cs-code">{address(pod)}</code> <CopyButton value={address(pod)} />
                  </small>
                  <small className={classes.secret}>
                    {t("pods.frame")}: <code className="cs-code">{frame(pod)}</code> <CopyButton value={frame(pod)} />
                  </small>
                </div>
                <Button.Group>
                  <Button component="a" href={pod.url} target="_blank" rel="noreferrer" variant="default" size="compact-sm">
                    {t("pods.try")}
                  </Button>
                  <Button variant="default" size="compact-sm" aria-label={t("pods.editOne", { name: pod.name })} onClick={() => setEditing(pod)}>
                    {t("edit")}
                  </Button>
                  <Button variant="default" size="compact-sm" aria-label={t("pods.rotateOne", { name: pod.name })} onClick={() => setTurning(pod)}>
                    {t("pods.rotate")}
                  </Button>
                  <Button variant="default" size="compact-sm" aria-label={t("pods.removeOne", { name: pod.name })} onClick={() => setRemoving(pod)}>
                    {t("pods.remove")}
                  </Button>
                </Button.Group>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <PodForm
        key={editing === "new" ? "new" : editing?.id}
        pod={editing === "new" ? undefined : (editing ?? undefined)}
        opened={editing !== null}
        onClose={() => setEditing(null)}
        onSaved={(pod) => {
          if (pod.secret) {
            setMade(pod);
          }
          void queries.invalidateQueries({ queryKey });
        }}
      />
      <Confirm
        opened={turning !== null}
        onClose={() => setTurning(null)}
        title={t("pods.rotate")}
        action={t("pods.rotate")}
        onConfirm={async () => {
          const { id = "", version = 0 } = turning ?? {};
          setMade(await must(api.POST("/api/pods/{id}/rotate", { params: { path: { id }, header: ifMatch(version) }, body: {} })));
          await queries.invalidateQueries({ queryKey });
        }}
      >
        {t("pods.rotateText")}
      </Confirm>
      <Confirm
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        title={t("pods.remove")}
        action={t("pods.remove")}
        onConfirm={async () => {
          const { id = "", version = 0 } = removing ?? {};
          await must(api.DELETE("/api/pods/{id}", { params: { path: { id }, header: ifMatch(version) } }));
          setMade((old) => (old?.id === id ? null : old));
          await queries.invalidateQueries({ queryKey });
        }}
      >
        {t("pods.removeText", { name: removing?.name ?? "" })}
      </Confirm>
    </>
  );
}
