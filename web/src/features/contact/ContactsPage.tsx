import { ContactRound, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { goTo } from "@/app/navigate";
import { useCan } from "@/app/me";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { GuardedButton } from "@/components/GuardedButton";
import { PageHeader } from "@/components/PageHeader";
import { CustomerFilter } from "@/features/customer/CustomerFilter";
import { ContactForm } from "./ContactForm";
import { ContactList } from "./ContactList";

/** The people at the customers. */
export function ContactsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [creating, setCreating] = useState(false);
  if (!can("contact.view")) {
    return <Forbidden permission="contact.view" />;
  }
  const add = (
    <GuardedButton needs="contact.edit" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t("contact.new")}
    </GuardedButton>
  );
  return (
    <>
      <PageHeader title={t("nav.contacts")} actions={add} />
      <ContactList
        filters={[
          { key: "customer_id", label: t("customer.one"), render: (value, set) => <CustomerFilter value={value} onChange={set} /> },
        ]}
        empty={<EmptyState icon={ContactRound} title={t("contact.none")} text={t("contact.noneText")} action={add} />}
      />
      <ContactForm opened={creating} onClose={() => setCreating(false)} onSaved={(contact) => goTo(`/contacts/${contact.id}`)} />
    </>
  );
}
