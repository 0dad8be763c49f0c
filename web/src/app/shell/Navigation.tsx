import { Tooltip, VisuallyHidden } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan, useMe } from "@/app/me";
import { visibleGroups, type Section } from "@/app/sections";
import { useToDecideCount } from "@/features/approval/waiting";
import { usePendingCount } from "@/features/verify/data";
import classes from "./Navigation.module.css";

/** The sections, as far as this person may see them. */
export function Navigation({ folded, onFold }: { folded: boolean; onFold?: () => void }) {
  const { t } = useTranslation();
  const groups = visibleGroups(useMe(), useCan());
  const fold = folded ? t("shell.unfold") : t("shell.fold");
  return (
    <nav className={classes.nav} aria-label={t("shell.navigation")} data-folded={folded || undefined}>
      {groups.map((group) => (
        <div key={group.key} className={classes.group}>
          {group.key !== "work" && !folded && <p className={classes.heading}>{t(`nav.group.${group.key}`)}</p>}
          <ul>
            {group.sections.map((section) => (
              <li key={section.key}>
                <Item section={section} folded={folded} />
              </li>
            ))}
          </ul>
        </div>
      ))}
      {onFold && (
        <button type="button" className={classes.fold} onClick={onFold} aria-label={fold} title={fold}>
          {folded ? <PanelLeftOpen size={17} aria-hidden="true" /> : <PanelLeftClose size={17} aria-hidden="true" />}
        </button>
      )}
    </nav>
  );
}

function Item({ section, folded }: { section: Section; folded: boolean }) {
  const { t } = useTranslation();
  const Icon = section.icon;
  const name = t(`nav.${section.key}`);
  return (
    <Tooltip label={name} position="right" disabled={!folded}>
      <Link to={section.to} className={classes.item} activeOptions={{ exact: section.to === "/" }} aria-label={folded ? name : undefined}>
        <Icon size={17} aria-hidden="true" />
        {!folded && <span>{name}</span>}
        {section.key === "verify" && <Waiting />}
        {section.key === "approvals" && <ToDecide />}
      </Link>
    </Tooltip>
  );
}

function Waiting() {
  const count = usePendingCount();
  return <Count count={count} words="shell.waiting" />;
}

function ToDecide() {
  const count = useToDecideCount();
  return <Count count={count} words="shell.toDecide" />;
}

function Count({ count, words }: { count: number; words: "shell.waiting" | "shell.toDecide" }) {
  const { t } = useTranslation();
  return count > 0 ? (
    <span className={classes.count}>
      <span aria-hidden="true">{count}</span>
      <VisuallyHidden>{t(words, { count })}</VisuallyHidden>
    </span>
  ) : null;
}
