import { ActionIcon, Kbd, Tooltip } from "@mantine/core";
import { Link, useLocation } from "@tanstack/react-router";
import { CircleHelp, Keyboard, Menu, Search, Smartphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { Mark } from "@/components/Mark";
import { BrandMark } from "@/features/branding/BrandMark";
import { helpFor } from "@/features/help/places";
import { Bell } from "@/features/notification/Bell";
import { TaskMenu } from "@/features/task/TaskMenu";
import { LiveBadge } from "./LiveBadge";
import { OwnMenu } from "./OwnMenu";
import { showKeys } from "./Keys";
import { openPalette } from "./palette";
import classes from "./TopBar.module.css";

const isApple = /Mac|iPhone|iPad/.test(navigator.platform);

interface Props {
  onMenu: () => void;
  phoneOpen: boolean;
  onPhone: () => void;
}

/** Organization, connection, and one's own things. */
export function TopBar({ onMenu, phoneOpen, onPhone }: Props) {
  const { t } = useTranslation();
  const me = useMe();
  const { pathname } = useLocation();
  const [guide, section] = helpFor(pathname).split("#");
  return (
    <header className={classes.top}>
      <ActionIcon className={classes.menu} variant="subtle" color="gray" size={40} aria-label={t("shell.menu")} onClick={onMenu}>
        <Menu size={20} />
      </ActionIcon>
      <Link to="/" className={classes.brand} aria-label={t("shell.home")}>
        {me?.organization.branding.logo_url ? (
          <BrandMark brand={me.organization.branding} size={24} />
        ) : (
          <>
            <Mark size={24} />
            <span>Countersign</span>
          </>
        )}
      </Link>
      {me && (
        <span className={classes.organization}>
          <span className={classes.slash} aria-hidden="true" />
          <span className={classes.name}>{me.organization.name}</span>
          {me.organization.sandbox && <span className={classes.sandbox}>{t("sandbox.ribbon")}</span>}
        </span>
      )}
      <button type="button" className={classes.palette} onClick={openPalette} aria-keyshortcuts="Control+K Meta+K">
        <Search size={16} aria-hidden="true" />
        <span>{t("palette.open")}</span>
        <Kbd size="xs" aria-hidden="true">
          {isApple ? "⌘K" : "Ctrl K"}
        </Kbd>
      </button>
      <div className={classes.right}>
        <LiveBadge />
        {me?.organization.sandbox && (
          <Tooltip label={t("shell.phone")}>
            <ActionIcon
              className={classes.phone}
              variant={phoneOpen ? "light" : "subtle"}
              color={phoneOpen ? undefined : "gray"}
              size={36}
              aria-label={t("shell.phone")}
              aria-pressed={phoneOpen}
              onClick={onPhone}
            >
              <Smartphone size={18} />
            </ActionIcon>
          </Tooltip>
        )}
        <Tooltip label={t("help.here")}>
          <ActionIcon component={Link} to={`/help/${guide}`} hash={section} className={classes.help} variant="subtle" color="gray" size={36} aria-label={t("help.here")}>
            <CircleHelp size={18} />
          </ActionIcon>
        </Tooltip>
        <Tooltip label={t("keys.show")}>
          <ActionIcon className={classes.phone} variant="subtle" color="gray" size={36} aria-label={t("keys.show")} onClick={showKeys}>
            <Keyboard size={18} />
          </ActionIcon>
        </Tooltip>
        <TaskMenu />
        <Bell />
        <OwnMenu />
      </div>
    </header>
  );
}
