import { useTranslation } from "react-i18next";
import type { Contact } from "@/api/types";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { contactChoices } from "@/features/contact/data";

/** Whose phone it is. */
export function Owner({ contact, onChoose }: { contact: Contact | undefined; onChoose: (id: string) => void }) {
  const { t } = useTranslation();
  return (
    <RemoteSelect
      key={contact?.id}
      label={t("sandbox.owner")}
      style={{ flex: 1 }}
      allowDeselect={false}
      queryKey={["contacts"]}
      load={(q) => contactChoices(q)}
      known={contact ? { value: contact.id, label: `${contact.name} – ${contact.customer_name}` } : null}
      value={contact?.id ?? null}
      onChange={(id) => id && onChoose(id)}
    />
  );
}
