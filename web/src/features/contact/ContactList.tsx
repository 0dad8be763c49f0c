import { type ReactNode, useState } from "react";
import { Button } from "@mantine/core";
import { Merge as MergeIcon } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact, Query } from "@/api/types";
import { useCan } from "@/app/me";
import { List } from "@/components/list/List";
import type { Filter } from "@/components/list/Toolbar";
import { RelativeTime } from "@/components/RelativeTime";
import { ShieldBadge } from "@/components/ShieldBadge";
import { BulkAsk } from "@/features/consent/BulkAsk";
import { ConsentBadge } from "@/features/consent/ConsentBadge";
import { MergeDialog } from "./MergeDialog";

interface Props {
  filters?: Filter[];
  fixed?: { customer_id: string };
  empty: ReactNode;
}

/** Contacts, everywhere they are listed. */
export function ContactList({ filters, fixed, empty }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const [merging, setMerging] = useState<readonly Contact[] | null>(null);
  const [done, setDone] = useState<() => void>();
  return (
    <>
    <List
      name="contacts"
      label={t("nav.contacts")}
      queryKey={["contacts"]}
      load={(query: Query<"/api/contacts">, signal: AbortSignal) => must(api.GET("/api/contacts", { params: { query }, signal }))}
      rowId={(c) => c.id}
      href={(c) => `/contacts/${c.id}`}
      secondary={(c) => [fixed ? null : c.customer_name, c.phones[0]?.number ?? c.emails[0]].filter(Boolean).join(" · ")}
      exportHref="/api/contacts.csv"
      bulk={
        can("contact.edit")
          ? (selection) => (
              <>
              <BulkAsk selection={selection} />
              <Button
                size="compact-md"
                leftSection={<MergeIcon size={14} />}
                disabled={selection.all || selection.rows.length < 2 || selection.rows.length > 21}
                onClick={() => {
                  setDone(() => selection.clear);
                  setMerging(selection.rows);
                }}
              >
                {t("merge.start")}
              </Button>
              </>
            )
          : undefined
      }
      filters={filters}
      fixed={fixed}
      defaultSort="name"
      empty={empty}
      columns={[
        { key: "name", header: t("contact.name"), sort: "name", cell: (c) => c.name },
        ...(fixed ? [] : [{ key: "customer", header: t("customer.one"), hide: "phone" as const, cell: (c: Contact) => c.customer_name }]),
        { key: "job", header: t("contact.job"), optional: true, hide: "tablet", cell: (c) => c.job_title },
        { key: "department", header: t("contact.department"), optional: true, hide: "tablet", cell: (c) => c.department },
        { key: "phone", header: t("contact.phone"), hide: "phone", cell: (c) => c.phones[0]?.number },
        { key: "email", header: t("contact.email"), hide: "tablet", cell: (c) => c.emails[0] },
        { key: "shield", header: t("contact.identity"), width: "130px", hide: "phone", cell: (c) => <ShieldBadge shield={c.shield} /> },
        { key: "consent", header: t("consent.filter"), width: "130px", hide: "tablet", cell: (c) => <ConsentBadge state={c.consent} /> },
        { key: "source", header: t("contact.source"), optional: true, width: "110px", hide: "tablet", cell: (c) => t(`technician.source.${c.source as "csv"}`, { defaultValue: c.source }) },
        { key: "since", header: t("contact.since"), sort: "created_at", optional: true, width: "150px", hide: "tablet", cell: (c) => <RelativeTime at={c.created_at} /> },
      ]}
    />
    <MergeDialog contacts={merging} onClose={() => setMerging(null)} onMerged={() => done?.()} />
    </>
  );
}
