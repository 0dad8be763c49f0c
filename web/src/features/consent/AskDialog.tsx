import { Select } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { toast } from "@/components/toast";
import { consentChanged } from "./data";

/** Asks one contact for consent, on a form that only they get. */
export function AskDialog({ contact, opened, onClose }: { contact: Contact; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const [way, setWay] = useState("");
  return (
    <Confirm
      opened={opened}
      onClose={onClose}
      title={t("consent.ask")}
      action={t("consent.send")}
      danger={false}
      onConfirm={async () => {
        await must(api.POST("/api/contacts/{id}/opt-in-forms", { params: { path: { id: contact.id } }, body: way === "" ? {} : { way: way as "email" } }));
        consentChanged(contact.id);
        toast(t("consent.sent", { name: contact.name }));
      }}
    >
      <p>{t("consent.askText", { name: contact.name })}</p>
      <WaySelect value={way} onChange={setWay} />
    </Confirm>
  );
}

/** By which way a form goes. */
export function WaySelect({ value, onChange }: { value: string; onChange: (way: string) => void }) {
  const { t } = useTranslation();
  return (
    <Select
      label={t("consent.way.label")}
      data={[
        { value: "", label: t("consent.way.best") },
        { value: "email", label: t("consent.way.email") },
        { value: "sms", label: t("consent.way.sms") },
      ]}
      allowDeselect={false}
      value={value}
      onChange={(next) => onChange(next ?? "")}
    />
  );
}
