import { Select } from "@mantine/core";
import { ChevronRight } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { groupOf, loadTemplates, nameOf, type Template, type TemplateLanguage, templatesKey } from "./data";
import { TemplateEditor } from "./TemplateEditor";
import classes from "./Template.module.css";

/** What is said to people outside, in ten languages: the texts that come with Countersign, and one's own. */
export function TemplatesSettings() {
  const { t } = useTranslation();
  const [language, setLanguage] = useState("en");
  const [key, setKey] = useState<string | null>(null);
  return (
    <SettingsCard title={t("wording.title")} queryKey={templatesKey} load={loadTemplates}>
      {(value) => {
        const items = (value.items ?? []) as Template[];
        const languages = (value.languages ?? []) as TemplateLanguage[];
        const choice = (
          <Select
            label={t("wording.language")}
            data={languages.map((l) => ({ value: l.code, label: l.name }))}
            value={language}
            allowDeselect={false}
            onChange={(next) => next && setLanguage(next)}
            style={{ maxWidth: 240 }}
          />
        );
        const open = items.find((x) => x.key === key);
        const chosen = languages.find((l) => l.code === language);
        return open && chosen ? (
          <TemplateEditor key={`${open.key}/${language}`} template={open} language={chosen} choice={choice} onBack={() => setKey(null)} />
        ) : (
          <div className={classes.stack}>
            <p className={classes.text}>{t("wording.text")}</p>
            {choice}
            <TemplateList items={items} language={language} onOpen={setKey} />
          </div>
        );
      }}
    </SettingsCard>
  );
}

function TemplateList({ items, language, onOpen }: { items: Template[]; language: string; onOpen: (key: string) => void }) {
  const { t } = useTranslation();
  const groups = [...new Set(items.map((x) => groupOf(x.key)))];
  return (
    <>
      {groups.map((group) => (
        <section key={group} aria-label={t(`wording.group.${group as "page"}`)}>
          <h3 className={classes.group}>{t(`wording.group.${group as "page"}`)}</h3>
          <ul className={classes.list}>
            {items
              .filter((x) => groupOf(x.key) === group)
              .map((x) => {
                const own = x.texts?.find((text) => text.language === language)?.own;
                const others = x.texts?.filter((text) => text.own && text.language !== language).length ?? 0;
                return (
                  <li key={x.key}>
                    <button type="button" onClick={() => onOpen(x.key)}>
                      <span>
                        <strong>{t(`wording.name.${nameOf(x.key) as "page_link"}`)}</strong>
                        <small>
                          {(x.channels ?? []).map((c) => t(`wording.channel.${c as "sms"}`)).join(", ")}
                          {others > 0 && ` · ${t("wording.others", { count: others })}`}
                        </small>
                      </span>
                      <em data-own={Boolean(own) || undefined}>{own ? t("wording.own") : t("wording.default")}</em>
                      <ChevronRight size={16} aria-hidden="true" />
                    </button>
                  </li>
                );
              })}
          </ul>
        </section>
      ))}
    </>
  );
}
