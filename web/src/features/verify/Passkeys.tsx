import { Button } from "@mantine/core";
import { queryOptions, useMutation, useQuery } from "@tanstack/react-query";
import { Fingerprint, Send, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { useCan } from "@/app/me";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { problemText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { panelQuery, renewVerifications } from "./data";
import { Digits } from "./Digits";
import classes from "./Passkeys.module.css";

const passkeysQuery = (contactId: string) =>
  queryOptions({
    queryKey: ["panel", contactId, "passkeys"],
    queryFn: () => must(api.GET("/api/contacts/{id}/passkeys", { params: { path: { id: contactId } } })),
  });

interface Props {
  contact: { id: string; name: string };
}

/** The passkeys of a contact, and the link by which they set one up while their shield is green. */
export function Passkeys({ contact }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const query = useQuery({ ...passkeysQuery(contact.id), enabled: can("verification.run") });
  const panel = useQuery(panelQuery(contact.id));
  const [removing, setRemoving] = useState<{ id: string; name: string } | null>(null);
  const invite = useMutation({
    mutationFn: () => must(api.POST("/api/contacts/{id}/passkey-enrolments", { params: { path: { id: contact.id } }, body: {} })),
    onSettled: () => renewVerifications(contact.id),
  });
  if (!can("verification.run")) {
    return null;
  }
  const shield = panel.data?.shield;
  const verified = shield?.state === "verified" && (shield.level ?? "L0") >= "L2";
  const remove = async (id: string) => {
    await must(api.DELETE("/api/contacts/{id}/passkeys/{key}", { params: { path: { id: contact.id, key: id } } }));
    void queries.invalidateQueries({ queryKey: ["panel", contact.id] });
  };
  const reason = "passkeys-reason";
  return (
    <Card
      title={t("contactPasskey.title")}
      actions={
        <Button
          variant="default"
          size="xs"
          leftSection={<Send size={14} />}
          loading={invite.isPending}
          disabled={!verified}
          aria-describedby={verified ? undefined : reason}
          onClick={() => invite.mutate()}
        >
          {t("contactPasskey.invite")}
        </Button>
      }
    >
      {!verified && (
        <p id={reason} className={classes.reason}>
          {t("contactPasskey.needsShield")}
        </p>
      )}
      {invite.isError && <Callout tone="denied">{problemText(invite.error, t)}</Callout>}
      {invite.data && (
        <div role="status">
          <p>{t("contactPasskey.say", { address: invite.data.address_masked })}</p>
          <Digits value={invite.data.spoken_number} label={t("panel.spoken")} />
        </div>
      )}
      {query.isPending ? (
        <Loading rows={1} height={40} />
      ) : !query.data ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} compact />
      ) : query.data.items.length === 0 ? (
        <EmptyState icon={Fingerprint} title={t("contactPasskey.none")} text={t("contactPasskey.noneText")} compact />
      ) : (
        <ul className={classes.keys}>
          {query.data.items.map((key) => (
            <li key={key.id}>
              <Fingerprint size={18} aria-hidden="true" />
              <span className={classes.name}>
                <strong>{key.name}</strong>
                <small>
                  {t("contactPasskey.created")} <RelativeTime at={key.created_at} /> · {t("contactPasskey.used")}{" "}
                  <RelativeTime at={key.last_used_at} empty={t("contactPasskey.never")} />
                  {key.backed_up && ` · ${t("contactPasskey.backedUp")}`}
                </small>
              </span>
              <Button
                variant="subtle"
                color="red"
                size="xs"
                leftSection={<Trash2 size={14} />}
                aria-label={t("contactPasskey.removeOf", { name: key.name })}
                onClick={() => setRemoving(key)}
              >
                {t("contactPasskey.remove")}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <Confirm
        opened={removing !== null}
        onClose={() => setRemoving(null)}
        title={t("contactPasskey.removeTitle")}
        action={t("contactPasskey.remove")}
        onConfirm={() => remove(removing?.id ?? "")}
      >
        {t("contactPasskey.removeText", { name: contact.name })}
      </Confirm>
    </Card>
  );
}
