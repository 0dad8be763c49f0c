import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { NewToken, Token } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { CopyButton } from "@/components/CopyButton";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import classes from "@/features/settings/Settings.module.css";
import { TokenForm } from "./TokenForm";

const queryKey = ["tokens"];

/** One's own API tokens. A new one is shown once. */
export function TokensSettings() {
  const { t } = useTranslation();
  const query = useQuery({ queryKey, queryFn: () => must(api.GET("/api/tokens")) });
  const [creating, setCreating] = useState(false);
  const [made, setMade] = useState<NewToken | null>(null);
  const [ending, setEnding] = useState<Token | null>(null);
  const tokens = query.data?.items ?? [];
  return (
    <>
      {made && (
        <Callout tone="verified" live="polite" title={t("settings.tokens.made", { name: made.name })}>
          {t("settings.tokens.once")}
          <p className={classes.secret}>
            <code className="cs-code">{made.token}</code>
            <CopyButton value={made.token} />
          </p>
        </Callout>
      )}
      <Card
        title={t("settings.tokens.title")}
        flush
        actions={
          <Button size="compact-sm" leftSection={<Plus size={14} />} onClick={() => setCreating(true)}>
            {t("settings.tokens.new")}
          </Button>
        }
      >
        {query.isPending ? (
          <div className={classes.empty}>
            <Loading rows={3} />
          </div>
        ) : query.isError ? (
          <ErrorState error={query.error} retry={() => void query.refetch()} compact />
        ) : tokens.length === 0 ? (
          <p className={classes.empty}>{t("settings.tokens.none")}</p>
        ) : (
          <ul className={classes.items}>
            {tokens.map((token) => (
              <li key={token.id}>
                <div>
                  <strong>{token.name}</strong>
                  <small>
                    <code className="cs-code">{token.prefix}…</code> · {t("settings.tokens.used")} <RelativeTime at={token.last_used_at} empty={t("never")} /> ·{" "}
                    {t("settings.tokens.expires")} <RelativeTime at={token.expires_at} empty={t("never")} />
                  </small>
                </div>
                <Button variant="default" size="compact-sm" aria-label={t("settings.tokens.endOne", { name: token.name })} onClick={() => setEnding(token)}>
                  {t("settings.tokens.end")}
                </Button>
              </li>
            ))}
          </ul>
        )}
      </Card>
      <TokenForm
        opened={creating}
        onClose={() => setCreating(false)}
        onMade={(token) => {
          setMade(token);
          void queries.invalidateQueries({ queryKey });
        }}
      />
      <Confirm
        opened={ending !== null}
        onClose={() => setEnding(null)}
        title={t("settings.tokens.end")}
        action={t("settings.tokens.end")}
        onConfirm={async () => {
          await must(api.DELETE("/api/tokens/{id}", { params: { path: { id: ending?.id ?? "" } } }));
          setMade((old) => (old?.id === ending?.id ? null : old));
          await queries.invalidateQueries({ queryKey });
        }}
      >
        {t("settings.tokens.endText", { name: ending?.name ?? "" })}
      </Confirm>
    </>
  );
}
