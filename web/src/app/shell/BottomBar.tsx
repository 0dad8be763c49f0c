import { VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { Menu } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan, useMe } from "@/app/me";
import { visibleGroups } from "@/app/sections";
import { usePendingCount } from "@/features/verify/data";
import classes from "./BottomBar.module.css";

const wanted = new Set(["desk", "verify", "tickets", "contacts"]);

/** On phones: the four sections used most, and the rest behind the menu. */
export function BottomBar({ onMenu }: { onMenu: () => void }) {
  const { t } = useTranslation();
  const sections = visibleGroups(useMe(), useCan()).flatMap((group) => group.sections);
  const waiting = usePendingCount();
  return (
    <nav className={classes.bar} aria-label={t("shell.quick")}>
      {sections
        .filter((s) => wanted.has(s.key))
        .map((section) => (
          <Link key={section.key} to={section.to} className={classes.item} activeOptions={{ exact: section.to === "/" }}>
            <section.icon size={20} aria-hidden="true" />
            {t(`nav.${section.key}`)}
            {section.key === "verify" && waiting > 0 && (
              <span className={classes.dot}>
                <VisuallyHidden>{t("shell.waiting", { count: waiting })}</VisuallyHidden>
              </span>
            )}
          </Link>
        ))}
      <button type="button" className={classes.item} onClick={onMenu}>
        <Menu size={20} aria-hidden="true" />
        {t("shell.more")}
      </button>
    </nav>
  );
}
