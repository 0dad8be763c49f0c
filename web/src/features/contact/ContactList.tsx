import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact, Query } from "@/api/types";
import { List } from "@/components/list/List";
import type { Filter } from "@/components/list/Toolbar";
import { ShieldBadge } from "@/components/ShieldBadge";

interface Props {
  filters?: Filter[];
  fixed?: { customer_id: string };
  empty: ReactNode;
}

/** Contacts, everywhere they are listed. */
export function ContactList({ filters, fixed, empty }: Props) {
  const { t } = useTranslation();
  return (
    <List
      label={t("nav.contacts")}
      queryKey={["contacts"]}
      load={(query: Query<"/api/contacts">, signal: AbortSignal) => must(api.GET("/api/contacts", { params: { query }, signal }))}
      rowId={(c) => c.id}
      href={(c) => `/contacts/${c.id}`}
      filters={filters}
      fixed={fixed}
      defaultSort="name"
      empty={empty}
      columns={[
        { key: "name", header: t("contact.name"), sort: "name", cell: (c) => c.name },
        ...(fixed ? [] : [{ key: "customer", header: t("customer.one"), cell: (c: Contact) => c.customer_name }]),
        { key: "job", header: t("contact.job"), hide: "tablet", cell: (c) => c.job_title },
        { key: "phone", header: t("contact.phone"), hide: "phone", cell: (c) => c.phones[0]?.number },
        { key: "email", header: t("contact.email"), hide: "tablet", cell: (c) => c.emails[0] },
        { key: "shield", header: t("contact.identity"), width: "130px", hide: "phone", cell: (c) => <ShieldBadge shield={c.shield} /> },
      ]}
    />
  );
}
