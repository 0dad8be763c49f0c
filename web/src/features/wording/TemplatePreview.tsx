import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import type { Parts, Template, TemplateLanguage } from "./data";
import classes from "./Template.module.css";

interface Props {
  template: Template;
  language: TemplateLanguage;
  parts: Parts;
}

/** The text as it will arrive, with example values, as the server fills it. */
export function TemplatePreview({ template, language, parts }: Props) {
  const { t } = useTranslation();
  const [settled] = useDebouncedValue(parts, 300);
  const query = useQuery({
    queryKey: ["templates", "preview", template.key, language.code, settled],
    queryFn: ({ signal }) =>
      must(api.POST("/api/templates/{key}/{language}/preview", { params: { path: { key: template.key, language: language.code } }, body: { parts: settled } as never, signal })),
    placeholderData: keepPreviousData,
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const shown = (query.data?.parts ?? {}) as Parts;
  const length = query.data?.length;
  return (
    <section className={classes.preview} aria-label={t("wording.preview")}>
      <h4>{t("wording.preview")}</h4>
      <div className={classes.sample} data-channel={template.channels?.[0]} lang={language.code} dir={language.dir}>
        {shown["subject"] && template.channels?.includes("email") && <strong>{shown["subject"]}</strong>}
        {shown["announcement"] && <p>{shown["announcement"]}</p>}
        {shown["announcement"] && (
          <p className={classes.press} lang={undefined}>
            {t("wording.press")}
          </p>
        )}
        {shown["title"] && <strong>{shown["title"]}</strong>}
        {shown["asks"] && <p>{shown["asks"]}</p>}
        {shown["body"] && <p>{shown["body"]}</p>}
      </div>
      <div aria-live="polite">
        {query.isError ? (
          <Callout tone="pending">{whatIsWrong(query.error) ?? problemText(query.error, t)}</Callout>
        ) : (
          length && (
            <p className={classes.text} data-warn={length.segments > 2 || undefined}>
              {t("wording.segments", { count: length.segments })} · {t("wording.units", { count: length.units })}
              {length.wide && ` · ${t("wording.wide")}`}
              {query.data?.plainer && ` · ${t("wording.plainer")}`}
            </p>
          )
        )}
      </div>
    </section>
  );
}

/** The server's sentence about the first field: it names the placeholder. */
function whatIsWrong(error: unknown): string | undefined {
  return error instanceof ApiError ? error.problem.detail : undefined;
}
