import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { toast } from "@/components/toast";
import classes from "@/features/settings/Settings.module.css";

const queryKey = ["settings", "twilio", "numbers"];
const path = "/api/settings/carriers/twilio/numbers";

const load = () => must(api.GET(path));
type Item = Awaited<ReturnType<typeof load>>["items"][number];

/** The account's numbers: where their texts and calls go, and how they are registered at the carriers. */
export function Numbers() {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const [chosen, setChosen] = useState<Item | null>(null);
  const query = useQuery({ queryKey, queryFn: load, enabled: asked, retry: false });
  const taken = (n: Item) => n.sms_to === "elsewhere" || n.voice_to === "elsewhere";
  return (
    <Card title={t("carrier.numbers")} level={3}>
      {!asked ? (
        <div className={classes.form}>
          {t("carrier.numbersText")}
          <div className={classes.buttons}>
            <Button variant="default" onClick={() => setAsked(true)}>
              {t("carrier.numbersLoad")}
            </Button>
          </div>
        </div>
      ) : query.isPending ? (
        <Loading rows={2} height={44} />
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : query.data.items.length === 0 ? (
        <p className={classes.empty}>{t("carrier.numbersNone")}</p>
      ) : (
        <ul className={classes.items}>
          {query.data.items.map((n) => (
            <li key={n.sid}>
              <div>
                <strong>{n.number}</strong> {n.name !== n.number && n.name}
                <small>{t("carrier.pointing", { sms: t(`carrier.to.${n.sms_to}`), voice: t(`carrier.to.${n.voice_to}`) })}</small>
                <small>{t(`carrier.registration.${n.registration}`)}</small>
                {n.service_takes_texts && <small>{t("carrier.serviceTakes")}</small>}
              </div>
              {n.ours && n.sms_to === "here" && n.voice_to === "here" ? (
                t("carrier.ours")
              ) : (
                <Button variant="default" size="xs" onClick={() => setChosen(n)} aria-label={t("carrier.assignOf", { number: n.number })}>
                  {t("carrier.assign")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <Confirm
        opened={chosen !== null}
        onClose={() => setChosen(null)}
        title={t("carrier.assignOf", { number: chosen?.number ?? "" })}
        action={t("carrier.assign")}
        danger={chosen !== null && taken(chosen)}
        changes={chosen ? [
          { what: t("carrier.hook.sms"), before: chosen.sms_url || t("carrier.to.nowhere"), after: t("carrier.to.here") },
          { what: t("carrier.hook.voice"), before: chosen.voice_url || t("carrier.to.nowhere"), after: t("carrier.to.here") },
        ] : []}
        onConfirm={async () => {
          await must(api.POST(path, { body: { sid: chosen?.sid ?? "", replace: true } }));
          toast(t("settings.saved"));
          await queries.invalidateQueries({ queryKey });
        }}
      >
        {t(chosen && taken(chosen) ? "carrier.assignTaken" : "carrier.assignText")}
      </Confirm>
    </Card>
  );
}
