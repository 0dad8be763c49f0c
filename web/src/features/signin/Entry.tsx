import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { BrandMark } from "@/features/branding/BrandMark";
import { useBrand, usePublicBrand } from "@/features/branding/useBrand";
import { languages, speak } from "@/i18n";
import classes from "./Entry.module.css";

interface Props {
  title: string;
  text?: ReactNode;
  children?: ReactNode;
}

/** The frame of the pages before the sign-in. */
export function Entry({ title, text, children }: Props) {
  const { i18n, t } = useTranslation();
  const brand = usePublicBrand();
  useBrand(brand);
  return (
    <div className={classes.entry}>
      <main className={classes.card}>
        <p className={classes.brand}>
          <BrandMark brand={brand} size={30} />
        </p>
        <h1 className={classes.title}>{title}</h1>
        {text && <p className={classes.text}>{text}</p>}
        {children}
      </main>
      <nav className={classes.languages} aria-label={t("own.language")}>
        {languages.map((language) => (
          <button key={language} type="button" lang={language} aria-pressed={i18n.language === language} onClick={() => void speak(language)}>
            {{ en: "English", fr: "Français" }[language]}
          </button>
        ))}
      </nav>
    </div>
  );
}
