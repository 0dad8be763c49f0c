import { Button, Group, Stack } from "@mantine/core";
import { useQueries } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Contact } from "@/api/types";
import { goTo } from "@/app/navigate";
import { Dialog } from "@/components/Dialog";
import { RemoteMultiSelect } from "@/components/form/RemoteMultiSelect";
import { contactQuery } from "./data";
import { MergeDialog } from "./MergeDialog";

interface Props {
  contact: Contact;
  opened: boolean;
  onClose: () => void;
}

/** Finds who is the same person as this contact, then merges them. */
export function MergeWith({ contact, opened, onClose }: Props) {
  const { t } = useTranslation();
  const [ids, setIds] = useState<string[]>([]);
  const [asking, setAsking] = useState(false);
  const found = useQueries({ queries: ids.map((id) => contactQuery(id)) }).flatMap(({ data }) => (data ? [data] : []));
  const close = () => {
    setIds([]);
    setAsking(false);
    onClose();
  };
  return (
    <>
      <Dialog opened={opened && !asking} onClose={close} title={t("merge.into")}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setAsking(found.length > 0 && found.length === ids.length);
          }}
        >
          <Stack>
            <RemoteMultiSelect
              data-autofocus
              label={t("merge.whom")}
              description={t("merge.whomHelp", { name: contact.name, customer: contact.customer_name })}
              queryKey={["contacts", { customer_id: contact.customer_id, beside: contact.id }]}
              load={(q) => others(contact, q)}
              value={ids}
              onChange={(next) => setIds(next.slice(0, 20))}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={close}>
                {t("cancel")}
              </Button>
              <Button type="submit" disabled={ids.length === 0 || found.length < ids.length}>
                {t("merge.preview")}
              </Button>
            </Group>
          </Stack>
        </form>
      </Dialog>
      <MergeDialog contacts={opened && asking ? [contact, ...found] : null} onClose={close} onMerged={(saved) => goTo(`/contacts/${saved.id}`)} />
    </>
  );
}

// With an address, because it is the same name that makes them look alike.
async function others({ id, customer_id }: Contact, q: string) {
  const page = await must(api.GET("/api/contacts", { params: { query: { q: q || undefined, customer_id, limit: 20, sort: "name" } } }));
  return page.items.filter((c) => c.id !== id).map((c) => ({ value: c.id, label: [c.name, c.emails[0] ?? c.phones[0]?.number].filter(Boolean).join(" – ") }));
}
