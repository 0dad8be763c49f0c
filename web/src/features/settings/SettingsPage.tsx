import { Select } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { Loading } from "@/components/Loading";
import { PageHeader } from "@/components/PageHeader";
import { settingsTabs, visibleTabs } from "./tabs";
import classes from "./Settings.module.css";

const groups = ["shared", "own"] as const;

/** The settings of the organization, for those who may change them, and one's own. */
export function SettingsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const params = useParams({ strict: false }) as { tab?: string };
  const visible = visibleTabs(can);
  const key = params.tab ?? visible[0]?.key;
  const tab = settingsTabs.find((x) => x.key === key);
  return (
    <>
      <PageHeader title={t("nav.settings")} />
      <div className={classes.columns}>
        <nav className={classes.nav} aria-label={t("nav.settings")}>
          {groups.map((group) => {
            const tabs = visible.filter((x) => x.group === group);
            return tabs.length === 0 ? null : (
              <div key={group}>
                <p>{t(`settings.${group}`)}</p>
                {tabs.map((x) => (
                  <Link key={x.key} to="/settings/$tab" params={{ tab: x.key }} aria-current={x.key === key ? "page" : undefined}>
                    {x.title(t)}
                  </Link>
                ))}
              </div>
            );
          })}
        </nav>
        <Select
          className={classes.choice}
          aria-label={t("nav.settings")}
          data={groups.map((group) => ({ group: t(`settings.${group}`), items: visible.filter((x) => x.group === group).map((x) => ({ value: x.key, label: x.title(t) })) })).filter((g) => g.items.length > 0)}
          value={key ?? null}
          allowDeselect={false}
          onChange={(next) => next && goTo(`/settings/${next}`)}
        />
        <div className={classes.page}>
          {!tab ? (
            <EmptyState title={t("error.noPage")} />
          ) : tab.needs && !can(tab.needs) ? (
            <Forbidden permission={tab.needs} />
          ) : (
            <Suspense fallback={<Loading rows={5} height={36} />}>
              <tab.Page />
            </Suspense>
          )}
        </div>
      </div>
    </>
  );
}
