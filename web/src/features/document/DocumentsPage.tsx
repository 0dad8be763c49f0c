import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Settings2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import list from "@/features/wording/Template.module.css";
import { DetailsForm } from "./DetailsForm";
import { documentsQuery, type DocumentLanguage, type Summary, named } from "./data";
import { DocumentSheet } from "./DocumentSheet";
import classes from "./Document.module.css";

/** What the organization hands to its clients. */
export function DocumentsPage() {
  const { t, i18n } = useTranslation();
  const can = useCan();
  const found = useQuery(documentsQuery);
  const [wanted, setWanted] = useState<string | null>(null);
  const [open, setOpen] = useState<string | null>(null);
  const [details, setDetails] = useState(false);
  const languages = found.data?.languages ?? [];
  const language = languages.find((l) => l.code === (wanted ?? i18n.language)) ?? languages[0];
  const items = found.data?.items.filter((x) => x.language === language?.code) ?? [];
  return (
    <>
      <PageHeader
        title={t("docs.title")}
        text={t("docs.text")}
        actions={
          can("admin.templates") && (
            <Button variant="default" leftSection={<Settings2 size={16} aria-hidden="true" />} onClick={() => setDetails(true)}>
              {t("docs.details")}
            </Button>
          )
        }
      />
      {found.isPending ? (
        <Loading rows={9} height={52} />
      ) : !found.data || !language ? (
        <ErrorState error={found.error} retry={() => void found.refetch()} />
      ) : (
        <div className={classes.stack}>
          <Select
            label={t("wording.language")}
            data={languages.map((l) => ({ value: l.code, label: l.name }))}
            value={language.code}
            allowDeselect={false}
            onChange={setWanted}
            maw={240}
          />
          <ul className={list.list}>
            {items.map((x) => (
              <Row key={x.key} item={x} language={language} onOpen={() => setOpen(x.key)} />
            ))}
          </ul>
        </div>
      )}
      {language && <DocumentSheet item={items.find((x) => x.key === open)} language={language} onClose={() => setOpen(null)} />}
      {details && <DetailsForm documents={items} onClose={() => setDetails(false)} />}
    </>
  );
}

function Row({ item, language, onOpen }: { item: Summary; language: DocumentLanguage; onOpen: () => void }) {
  const { t } = useTranslation();
  const notes = [item.url && t("docs.published"), item.missing.length > 0 && t("docs.gaps", { names: named(item.missing, t) })].filter(Boolean);
  return (
    <li>
      <button type="button" onClick={onOpen}>
        <span>
          <strong lang={language.code}>{item.title}</strong>
          {notes.length > 0 && <small>{notes.join(" · ")}</small>}
        </span>
        <em data-own={item.own || undefined}>{item.own ? t("wording.own") : t("wording.default")}</em>
        <ChevronRight size={16} aria-hidden="true" />
      </button>
    </li>
  );
}
