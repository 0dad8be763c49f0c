import { Menu, UnstyledButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { BookOpen, Check, KeyRound, LogOut, MonitorSmartphone, RectangleEllipsis, ShieldQuestion, UserRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Me } from "@/api/types";
import { meQuery, useMe } from "@/app/me";
import { queries } from "@/app/services";
import { Avatar } from "@/components/Avatar";
import { problemText } from "@/components/problemText";
import { toast } from "@/components/toast";
import { languages } from "@/i18n";
import { useSignOut } from "./useSignOut";
import classes from "./OwnMenu.module.css";

const themes = ["auto", "light", "dark"] as const;

/** Language, theme, password, tokens, sign out. */
export function OwnMenu() {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const change = useMutation({
    mutationFn: (body: { locale?: string; theme?: (typeof themes)[number] }) => must(api.PATCH("/api/me", { body })),
    onMutate: (body) => queries.setQueryData<Me>(meQuery.queryKey, (old) => old && { ...old, technician: { ...old.technician, ...body } }),
    onError: (error) => toast(problemText(error, t), "denied"),
    onSettled: () => queries.invalidateQueries({ queryKey: meQuery.queryKey }),
  });
  const signOut = useSignOut();
  if (!me) {
    return null;
  }
  const { technician } = me;
  return (
    <Menu position="bottom-end" width={240} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <UnstyledButton className={classes.target} aria-label={t("own.menu", { name: technician.name })}>
          <Avatar name={technician.name} src={technician.avatar_url} size={30} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <strong>{technician.name}</strong>
          <span>{technician.email}</span>
        </div>
        <Menu.Divider />
        <Menu.Label>{t("own.language")}</Menu.Label>
        {languages.map((language) => (
          <Menu.Item
            key={language}
            lang={language}
            closeMenuOnClick={false}
            onClick={() => change.mutate({ locale: language })}
            rightSection={i18n.language === language ? <Check size={14} aria-label={t("own.chosen")} /> : null}
          >
            {{ en: "English", fr: "Français" }[language]}
          </Menu.Item>
        ))}
        <Menu.Label>{t("own.theme")}</Menu.Label>
        {themes.map((theme) => (
          <Menu.Item
            key={theme}
            closeMenuOnClick={false}
            onClick={() => change.mutate({ theme })}
            rightSection={technician.theme === theme ? <Check size={14} aria-label={t("own.chosen")} /> : null}
          >
            {t(`theme.${theme}`)}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item component={Link} to="/settings/profile" leftSection={<UserRound size={15} />}>
          {t("settings.profile.title")}
        </Menu.Item>
        <Menu.Item component={Link} to="/my-access" leftSection={<ShieldQuestion size={15} />}>
          {t("ownAccess")}
        </Menu.Item>
        <Menu.Item component={Link} to="/settings/password" leftSection={<RectangleEllipsis size={15} />}>
          {t("settings.password.title")}
        </Menu.Item>
        <Menu.Item component={Link} to="/settings/sessions" leftSection={<MonitorSmartphone size={15} />}>
          {t("settings.sessions.title")}
        </Menu.Item>
        <Menu.Item component={Link} to="/settings/tokens" leftSection={<KeyRound size={15} />}>
          {t("settings.tokens.title")}
        </Menu.Item>
        <Menu.Item component={Link} to="/help/technician" leftSection={<BookOpen size={15} />}>
          {t("help.title")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={15} />} onClick={() => signOut.mutate()}>
          {t("own.signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
