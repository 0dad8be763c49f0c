import { ContactRound, CopyCheck, FileUp, Plus, UserX } from "lucide-react";
import { Button } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { goTo } from "@/app/navigate";
import { useCan } from "@/app/me";
import { useNew } from "@/app/useNew";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { GuardedButton } from "@/components/GuardedButton";
import { PageHeader } from "@/components/PageHeader";
import { consentStates } from "@/features/consent/data";
import { CustomerFilter } from "@/features/customer/CustomerFilter";
import { ContactForm } from "./ContactForm";
import { ContactList } from "./ContactList";
import classes from "./ContactFacts.module.css";

/** The people at the customers. */
export function ContactsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [creating, setCreating] = useNew();
  if (!can("contact.view")) {
    return <Forbidden permission="contact.view" />;
  }
  const actions = (
    <>
      <GuardedButton needs="admin.import" variant="default" leftSection={<FileUp size={15} />} onClick={() => goTo("/import/contacts")}>
        {t("contact.import")}
      </GuardedButton>
      <GuardedButton needs="contact.edit" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
        {t("contact.new")}
      </GuardedButton>
    </>
  );
  const duplicates = (
    <Button component={Link} to="/contacts/duplicates" variant="default" leftSection={<CopyCheck size={15} />}>
      {t("merge.duplicates")}
    </Button>
  );
  const deleted = can("admin.settings") && (
    <Button component={Link} to="/contacts/deleted" variant="default" leftSection={<UserX size={15} />}>
      {t("person.deleted")}
    </Button>
  );
  return (
    <>
      <PageHeader
        title={t("nav.contacts")}
        actions={
          <>
            {deleted}
            {duplicates}
            {actions}
          </>
        }
      />
      <ContactList
        filters={[
          { key: "customer_id", label: t("customer.one"), render: (value, set) => <CustomerFilter value={value} onChange={set} /> },
          { key: "consent", label: t("consent.filter"), options: consentStates.map((value) => ({ value, label: t(`consent.state.${value}`) })) },
        ]}
        empty={<EmptyState icon={ContactRound} title={t("contact.none")} text={t("contact.noneText")} action={<div className={classes.next}>{actions}</div>} />}
      />
      <ContactForm opened={creating} onClose={() => setCreating(false)} onSaved={(contact) => goTo(`/contacts/${contact.id}`)} />
    </>
  );
}
