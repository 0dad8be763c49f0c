import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { CopyCheck, Merge as MergeIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact } from "@/api/types";
import { useCan } from "@/app/me";
import { Card } from "@/components/Card";
import { Detail } from "@/components/Detail";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";
import { Forbidden } from "@/components/Forbidden";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { MergeDialog } from "./MergeDialog";
import classes from "./Duplicates.module.css";

/** Contacts that may be one person, group by group. */
export function DuplicatesPage() {
  const { t } = useTranslation();
  const can = useCan();
  const { customer_id } = useSearch({ strict: false }) as { customer_id?: string };
  const query = useQuery({
    queryKey: ["contacts", "duplicates", customer_id],
    queryFn: () => must(api.GET("/api/contacts/duplicates", { params: { query: { customer_id } as never } })),
    enabled: can("contact.view"),
  });
  const [chosen, setChosen] = useState<readonly Contact[] | null>(null);
  if (!can("contact.view")) {
    return <Forbidden permission="contact.view" />;
  }
  return (
    <Detail back={{ to: "/contacts", label: t("nav.contacts") }} title={t("merge.duplicates")} subtitle={t("merge.duplicatesText")}>
      {query.isPending ? (
        <Loading rows={4} height={72} />
      ) : query.isError ? (
        <ErrorState error={query.error} retry={() => void query.refetch()} />
      ) : query.data.items.length === 0 ? (
        <EmptyState
          icon={CopyCheck}
          title={t("merge.none")}
          text={t("merge.noneText")}
          action={
            <Button variant="default" component={Link} to="/contacts">
              {t("merge.back")}
            </Button>
          }
        />
      ) : (
        query.data.items.map(({ reason, contacts }) => (
          <Card
            key={`${reason} ${contacts.map((c) => c.id).join()}`}
            title={
              <>
                {contacts[0]?.customer_name} <small className={classes.reason}>{t(`merge.reason.${reason as "same_email"}`, { defaultValue: reason })}</small>
              </>
            }
            actions={
              <GuardedButton needs="contact.edit" variant="default" size="compact-sm" leftSection={<MergeIcon size={14} />} onClick={() => setChosen(contacts)}>
                {t("merge.start")}
              </GuardedButton>
            }
            flush
          >
            <ul className={classes.group}>
              {contacts.map((c) => (
                <li key={c.id}>
                  <Link to="/contacts/$id" params={{ id: c.id }}>
                    {c.name}
                  </Link>
                  <span>{c.job_title}</span>
                  <span>{c.phones.map((p) => p.number).join(", ")}</span>
                  <span>{c.emails.join(", ")}</span>
                </li>
              ))}
            </ul>
          </Card>
        ))
      )}
      <MergeDialog contacts={chosen} onClose={() => setChosen(null)} />
    </Detail>
  );
}
