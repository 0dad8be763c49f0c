import { Button, Textarea, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Confirm } from "@/components/Confirm";
import type { Form } from "@/components/form/FormBody";
import { FormPage } from "@/components/form/FormPage";
import { problemText } from "@/components/problemText";
import { Chips } from "@/features/wording/Chips";
import { inserted } from "@/features/wording/data";
import { Blocks } from "./Blocks";
import type { Document, DocumentLanguage } from "./data";
import classes from "./Document.module.css";

interface Values extends Record<string, unknown> {
  title: string;
  body: string;
}

const reload = () => queries.invalidateQueries({ queryKey: ["documents"] });

/** The words of a document, and what becomes of them. */
export function Editor({ doc, language }: { doc: Document; language: DocumentLanguage }) {
  const { t } = useTranslation();
  const [resetting, setResetting] = useState(false);
  const path = { key: doc.key, language: doc.language };
  return (
    <>
      <FormPage<Values>
        initial={{ title: doc.title, body: doc.body }}
        onSave={async ({ title, body }) => {
          await must(api.PUT("/api/documents/{key}/{language}", { params: { path, header: ifMatch(doc.version) }, body: { title, body } }));
          await reload();
        }}
        extra={
          doc.own && (
            <Button variant="subtle" color="red" onClick={() => setResetting(true)}>
              {t("wording.reset")}
            </Button>
          )
        }
      >
        {(form) => <Fields form={form} doc={doc} language={language} />}
      </FormPage>
      <Confirm
        opened={resetting}
        onClose={() => setResetting(false)}
        title={t("wording.reset")}
        action={t("wording.reset")}
        onConfirm={async () => {
          await must(api.DELETE("/api/documents/{key}/{language}", { params: { path, header: ifMatch(doc.version) } }));
          await reload();
        }}
      >
        {t("docs.resetText")}
      </Confirm>
    </>
  );
}

function Fields({ form, doc, language }: { form: Form<Values>; doc: Document; language: DocumentLanguage }) {
  const { t } = useTranslation();
  const field = useRef<HTMLTextAreaElement>(null);
  const { title, body } = form.values;
  const [settled] = useDebouncedValue({ title, body }, 400);
  const preview = useQuery({
    queryKey: ["document-preview", doc.key, doc.language, settled],
    queryFn: ({ signal }) => must(api.POST("/api/documents/{key}/{language}/preview", { params: { path: { key: doc.key, language: doc.language } }, body: settled, signal })),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: 60_000,
  });
  const insert = (what: string) => {
    const box = field.current;
    const next = inserted(body, what, box?.selectionStart ?? null, box?.selectionEnd ?? null);
    form.setFieldValue("body", next.text);
    requestAnimationFrame(() => {
      box?.focus();
      box?.setSelectionRange(next.cursor, next.cursor);
    });
  };
  return (
    <div className={classes.stack}>
      <TextInput label={t("wording.part.title")} maxLength={doc.title_limit} lang={language.code} dir={language.dir} {...form.getInputProps("title")} />
      <Textarea
        ref={field}
        label={t("wording.part.body")}
        description={t("docs.markup")}
        autosize
        minRows={12}
        maxRows={24}
        maxLength={doc.body_limit}
        lang={language.code}
        dir={language.dir}
        {...form.getInputProps("body")}
      />
      <Chips placeholders={doc.placeholders} label={t("wording.part.body")} onInsert={insert} />
      <div aria-live="polite">
        {preview.isError && <Callout tone="pending">{(preview.error instanceof ApiError && preview.error.problem.detail) || problemText(preview.error, t)}</Callout>}
      </div>
      {preview.data && <Blocks title={preview.data.title} blocks={preview.data.blocks} lang={language.code} dir={language.dir} />}
    </div>
  );
}
