import { Button, SegmentedControl } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Download, ExternalLink } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { Callout } from "@/components/Callout";
import { ErrorState } from "@/components/ErrorState";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { Loading } from "@/components/Loading";
import { Sheet } from "@/components/Sheet";
import { contactChoices } from "@/features/contact/data";
import { CustomerSelect } from "@/features/customer/CustomerSelect";
import { Blocks } from "./Blocks";
import { type Document, documentQuery, type DocumentLanguage, type Reader, type Summary, named } from "./data";
import { Editor } from "./Editor";
import { SendPanel } from "./SendPanel";
import { Versions } from "./Versions";
import classes from "./Document.module.css";

interface Props {
  item: Summary | undefined;
  language: DocumentLanguage;
  onClose: () => void;
}

/** One document: as readers see it, its words, its versions, and the way to its readers. */
export function DocumentSheet({ item, language, onClose }: Props) {
  return (
    <Sheet opened={Boolean(item)} onClose={onClose} title={item?.title ?? ""} position="right" size="xl">
      {item && <Content item={item} language={language} onClose={onClose} />}
    </Sheet>
  );
}

function Content({ item, language, onClose }: Props & { item: Summary }) {
  const { t } = useTranslation();
  const can = useCan();
  const [view, setView] = useState("read");
  const found = useQuery(documentQuery(item.key, language.code));
  if (!found.data) {
    return found.isPending ? <Loading rows={8} height={32} /> : <ErrorState error={found.error} retry={() => void found.refetch()} />;
  }
  const doc = found.data;
  const views = [
    { value: "read", label: t("wording.preview") },
    ...(can("admin.templates") ? [{ value: "edit", label: t("edit") }, { value: "versions", label: t("docs.versions") }] : []),
    ...(can("contact.edit") ? [{ value: "send", label: t("docs.send") }] : []),
  ];
  return (
    <div className={classes.stack}>
      {views.length > 1 && <SegmentedControl aria-label={item.title} value={view} onChange={setView} data={views} />}
      {view === "read" && <Read doc={doc} language={language} />}
      {view === "edit" && <Editor key={doc.version} doc={doc} language={language} />}
      {view === "versions" && <Versions doc={doc} />}
      {view === "send" && <SendPanel doc={doc} onClose={onClose} />}
    </div>
  );
}

function Read({ doc: general, language }: { doc: Document; language: DocumentLanguage }) {
  const { t } = useTranslation();
  const [customer, setCustomer] = useState<string | null>(null);
  const [contact, setContact] = useState<string | null>(null);
  const reader: Reader = contact ? { contact_id: contact } : customer ? { customer_id: customer } : {};
  const made = useQuery({ ...documentQuery(general.key, general.language, reader), enabled: customer !== null, placeholderData: keepPreviousData });
  const doc = customer ? (made.data ?? general) : general;
  const query = new URLSearchParams({ ...reader }).toString();
  return (
    <>
      <div className={classes.whom}>
        <CustomerSelect
          label={t("docs.forCustomer")}
          clearable
          value={customer}
          onChange={(id) => {
            setCustomer(id);
            setContact(null);
          }}
        />
        <RemoteSelect
          key={customer}
          label={t("docs.forContact")}
          clearable
          disabled={!customer}
          queryKey={["contacts", customer]}
          load={(q) => contactChoices(q, customer ?? undefined)}
          value={contact}
          onChange={setContact}
        />
      </div>
      {customer && made.isError && <ErrorState error={made.error} retry={() => void made.refetch()} />}
      <div className={classes.actions}>
        <Button component="a" href={`/api/documents/${doc.key}/${doc.language}/pdf${query && `?${query}`}`} download={`${doc.key}.pdf`} variant="default" leftSection={<Download size={15} aria-hidden="true" />}>
          PDF
        </Button>
        {doc.url && (
          <Button component="a" href={`${doc.url}?lang=${doc.language}`} target="_blank" rel="noreferrer" variant="default" leftSection={<ExternalLink size={15} aria-hidden="true" />}>
            {t("docs.page")}
          </Button>
        )}
      </div>
      {doc.missing.length > 0 && <Callout tone="pending">{t("docs.gaps", { names: named(doc.missing, t) })}</Callout>}
      <Blocks title={doc.shown} blocks={doc.blocks} lang={language.code} dir={language.dir} />
    </>
  );
}
