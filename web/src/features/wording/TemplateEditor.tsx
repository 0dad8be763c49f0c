import { Button, Textarea, TextInput } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { queries } from "@/app/services";
import { Confirm } from "@/components/Confirm";
import type { Form } from "@/components/form/FormBody";
import { FormPage } from "@/components/form/FormPage";
import { Chips } from "./Chips";
import { current, inserted, nameOf, type Parts, type Template, type TemplateLanguage, type TemplatePart, templatesKey } from "./data";
import { TemplatePreview } from "./TemplatePreview";
import { TestSend } from "./TestSend";
import classes from "./Template.module.css";

interface Props {
  template: Template;
  language: TemplateLanguage;
  /** Of the language. */
  choice: ReactNode;
  onBack: () => void;
}

const reload = () => queries.invalidateQueries({ queryKey: templatesKey });

interface Values extends Record<string, unknown> {
  parts: Parts;
}

/** One text in one language: its parts, how it will look, a test, and the way back to the text of Countersign. */
export function TemplateEditor({ template, language, choice, onBack }: Props) {
  const { t } = useTranslation();
  const [resetting, setResetting] = useState(false);
  const text = template.texts?.find((x) => x.language === language.code);
  const at = { key: template.key, language: language.code };
  if (!text) {
    return null;
  }
  return (
    <div className={classes.stack}>
      <div className={classes.head}>
        <Button variant="subtle" leftSection={<ArrowLeft size={16} aria-hidden="true" />} onClick={onBack}>
          {t("wording.back")}
        </Button>
        <h3>{t(`wording.name.${nameOf(template.key) as "page_link"}`)}</h3>
      </div>
      {choice}
      <FormPage<Values>
        key={text.version}
        initial={{ parts: current(text) }}
        onSave={async ({ parts }) => {
          await must(api.PUT("/api/templates/{key}/{language}", { params: { path: at, header: ifMatch(text.version) }, body: { parts } as never }));
          await reload();
        }}
        extra={
          text.own && (
            <Button variant="subtle" color="red" onClick={() => setResetting(true)}>
              {t("wording.reset")}
            </Button>
          )
        }
      >
        {(form) => (
          <div className={classes.columns}>
            <div className={classes.stack}>
              {(template.parts ?? []).map((part) => (
                <PartField key={part.name} form={form} part={part} dir={language.dir} />
              ))}
            </div>
            <TemplatePreview template={template} language={language} parts={form.values.parts} />
          </div>
        )}
      </FormPage>
      {!["page", "note"].includes(template.channels?.[0] ?? "") && <TestSend template={template} language={language.code} />}
      <Confirm
        opened={resetting}
        onClose={() => setResetting(false)}
        title={t("wording.reset")}
        action={t("wording.reset")}
        onConfirm={async () => {
          await must(api.DELETE("/api/templates/{key}/{language}", { params: { path: at, header: ifMatch(text.version) } }));
          await reload();
        }}
      >
        {t("wording.resetText")}
      </Confirm>
    </div>
  );
}

/** One part, with the placeholders that it may hold: a press puts one where the cursor was. */
function PartField({ form, part, dir }: { form: Form<Values>; part: TemplatePart; dir: string }) {
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement & HTMLInputElement>(null);
  const path = `parts.${part.name}`;
  const insert = (what: string) => {
    const box = field.current;
    const next = inserted(form.values.parts[part.name] ?? "", what, box?.selectionStart ?? null, box?.selectionEnd ?? null);
    form.setFieldValue(path, next.text);
    requestAnimationFrame(() => {
      box?.focus();
      box?.setSelectionRange(next.cursor, next.cursor);
    });
  };
  const label = t(`wording.part.${part.name as "body"}`);
  const common = { label, dir, ref: field, maxLength: part.limit, ...form.getInputProps(path) };
  return (
    <div className={classes.part}>
      {part.lines || part.limit > 150 ? <Textarea autosize minRows={part.lines ? 5 : 3} maxRows={20} {...common} /> : <TextInput {...common} />}
      <Chips placeholders={part.placeholders ?? []} label={label} titleOf={(name) => t(`wording.placeholder.${name as "code"}`)} onInsert={insert} />
      {(part.words ?? []).length > 0 && <small className={classes.text}>{t("wording.words", { words: (part.words ?? []).join(", ") })}</small>}
    </div>
  );
}
