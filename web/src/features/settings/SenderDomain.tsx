import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import classes from "./Settings.module.css";

const tones = { ok: "verified", weak: "pending", missing: "denied", unknown: "neutral" } as const;

/** What the DNS says about the domain that mail is sent from, with what to do about it. */
export function SenderDomain() {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [selector, setSelector] = useState("");
  const query = useQuery({
    queryKey: ["settings", "mail", "domain", selector],
    queryFn: () => must(api.GET("/api/settings/mail/domain", { params: { query: selector ? { selector } : {} } })),
  });
  return (
    <Card title={t("settings.domain.title")} level={3}>
      <div className={classes.form}>
        {query.isPending ? (
          <Loading rows={4} height={36} />
        ) : query.isError ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} compact />
        ) : (
          query.data.findings?.map((f) => (
            <Callout key={f.name} tone={tones[f.state]} live="off" title={t("settings.domain.line", { name: t(`settings.domain.name.${f.name}`), state: t(`settings.domain.state.${f.state}`) })}>
              {f.state !== "ok" && <p>{t(`domainRemedy.${f.name}_${f.code}` as never, { defaultValue: f.remedy ?? "" })}</p>}
              <p style={{ overflowWrap: "anywhere" }}>
                <code>{f.record || f.domain}</code>
              </p>
            </Callout>
          ))
        )}
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault();
            setSelector(typed.trim());
            if (typed.trim() === selector) {
              void query.refetch();
            }
          }}
        >
          <TextInput label={t("settings.domain.selector")} description={t("settings.domain.selectorHelp")} maxLength={63} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
          <div className={classes.buttons}>
            <Button type="submit" variant="default" loading={query.isFetching}>
              {t("settings.domain.look")}
            </Button>
          </div>
        </form>
      </div>
    </Card>
  );
}
