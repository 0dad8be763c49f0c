import { Link, useLocation, useParams } from "@tanstack/react-router";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { NotFound } from "@/app/PageError";
import { useTitle } from "@/components/useTitle";
import { guideNames, guides, isGuide } from "./guides";
import { Markdown } from "./Markdown";
import { outline } from "./outline";
import classes from "./Help.module.css";

/** A guide, opened at the section that one came for. */
export function HelpPage() {
  const { t, i18n } = useTranslation();
  const { guide } = useParams({ strict: false }) as { guide?: string };
  const { hash } = useLocation();
  const known = isGuide(guide) ? guide : undefined;
  const sections = useMemo(() => (known ? outline(guides[known]).headings.filter((h) => h.depth === 2) : []), [known]);
  useTitle(known ? t(`help.guide.${known}`) : t("help.title"));
  useEffect(() => {
    const target = hash ? document.getElementById(hash) : null;
    target?.scrollIntoView();
    target?.focus({ preventScroll: true });
  }, [hash, known]);
  if (!known) {
    return <NotFound />;
  }
  return (
    <div className={classes.help}>
      <nav className={classes.nav} aria-label={t("help.title")}>
        <ul>
          {guideNames.map((name) => (
            <li key={name}>
              <Link to={`/help/${name}`}>
                {t(`help.guide.${name}`)}
              </Link>
              {name === known && (
                <ul>
                  {sections.map((s) => (
                    <li key={s.id}>
                      <Link to={`/help/${name}`} hash={s.id} activeOptions={{ includeHash: true }}>
                        {s.text}
                      </Link>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          ))}
        </ul>
      </nav>
      <div className={classes.body}>
        {!i18n.language.startsWith("en") && <p className={classes.note}>{t("help.english")}</p>}
        <article className={classes.article} lang="en">
          <Markdown text={guides[known]} guide={known} />
        </article>
      </div>
    </div>
  );
}
