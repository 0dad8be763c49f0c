import { Select, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import { toast } from "@/components/toast";
import { consentChanged } from "./data";

/** Writes down what a contact said, or signed. */
export function RecordDialog({ contact, opened, onClose }: { contact: Contact; opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  const addresses = [...contact.phones.map((p) => p.number), ...contact.emails];
  const [address, setAddress] = useState(addresses[0] ?? "");
  const [state, setState] = useState("opted_in");
  const [source, setSource] = useState("verbal");
  const [note, setNote] = useState("");
  const close = () => {
    setNote("");
    onClose();
  };
  return (
    <Confirm
      opened={opened}
      onClose={close}
      title={t("consent.record")}
      action={t("save")}
      danger={false}
      ready={note.trim() !== "" && addresses.includes(address)}
      onConfirm={async () => {
        const body = { address, state: state as "opted_in", source: source as "verbal", note };
        await must(api.POST("/api/contacts/{id}/consent", { params: { path: { id: contact.id } }, body }));
        consentChanged(contact.id);
        toast(t("saved"));
      }}
    >
      <Stack>
        <Select label={t("consent.address")} data={addresses} allowDeselect={false} value={address} onChange={(next) => setAddress(next ?? "")} />
        <Select
          label={t("consent.wish")}
          data={(["opted_in", "opted_out"] as const).map((value) => ({ value, label: t(`consent.state.${value}`) }))}
          allowDeselect={false}
          value={state}
          onChange={(next) => setState(next ?? "opted_in")}
        />
        <Select
          label={t("consent.how")}
          data={(["verbal", "written"] as const).map((value) => ({ value, label: t(`consent.source.${value}`) }))}
          allowDeselect={false}
          value={source}
          onChange={(next) => setSource(next ?? "verbal")}
        />
        <Textarea label={t("consent.note")} description={t("consent.noteHelp")} autosize minRows={2} maxLength={1000} required value={note} onChange={(e) => setNote(e.currentTarget.value)} />
      </Stack>
    </Confirm>
  );
}
