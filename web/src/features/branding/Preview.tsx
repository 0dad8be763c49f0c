import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import classes from "./Branding.module.css";
import type { Accents } from "./useBrand";

/** Whether a text is a color as the server takes it. */
export function isColor(text: string): boolean {
  return /^#[0-9a-f]{6}$/i.test(text.trim());
}

const own: Accents = { light: "#2f52d6", on_light: "#ffffff", dark: "#91a8ff", on_dark: "#11141b" };

/** The color where it has to be read, as the server makes it: one rule for the console, the pages and the mails. */
export function Preview({ color, name, logo }: { color: string; name: string; logo: string | null }) {
  const { t } = useTranslation();
  const query = useQuery({
    queryKey: ["settings", "branding", "preview", color],
    queryFn: ({ signal }) => must(api.GET("/api/settings/branding/preview", { params: { query: { color } }, signal })),
    enabled: isColor(color),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const accents = (isColor(color) ? query.data?.accents : null) ?? own;
  return (
    <section aria-label={t("branding.preview")}>
      <div className={classes.previews}>
        <Sample scheme="light" accent={accents.light} on={accents.on_light} name={name} logo={logo} />
        <Sample scheme="dark" accent={accents.dark} on={accents.on_dark} name={name} logo={logo} />
      </div>
      {isColor(color) && query.data && (
        <div style={{ marginTop: 12 }}>
          <Callout tone={query.data.changed ? "pending" : "neutral"} live="polite">
            {t(query.data.changed ? "branding.adjusted" : "branding.readable")}
          </Callout>
        </div>
      )}
    </section>
  );
}

interface SampleProps {
  scheme: "light" | "dark";
  accent: string;
  on: string;
  name: string;
  logo: string | null;
}

function Sample({ scheme, accent, on, name, logo }: SampleProps) {
  const { t } = useTranslation();
  return (
    <div className={classes.preview} data-scheme={scheme} style={{ "--accent": accent, "--on-accent": on } as React.CSSProperties} role="img" aria-label={t(`branding.${scheme}`)}>
      <header>{logo ? <img src={logo} alt="" /> : name}</header>
      <p style={{ fontWeight: 640, fontSize: "1.05rem" }}>{t("branding.sampleTitle")}</p>
      <p>{t("branding.sampleText")}</p>
      <p style={{ color: accent, textDecoration: "underline" }}>{t("branding.sampleLink")}</p>
      <span className={classes.sample}>{t("branding.sampleButton")}</span>
    </div>
  );
}
