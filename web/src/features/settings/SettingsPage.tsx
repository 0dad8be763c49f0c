import { Link, useParams } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { EmptyState } from "@/components/EmptyState";
import { Forbidden } from "@/components/Forbidden";
import { PageHeader } from "@/components/PageHeader";
import { MailSettings } from "./MailSettings";
import { OrganizationSettings } from "./OrganizationSettings";
import { PasswordSettings } from "./PasswordSettings";
import { ProfileSettings } from "./ProfileSettings";
import { SessionsSettings } from "./SessionsSettings";
import classes from "./Settings.module.css";
import { TokensSettings } from "./TokensSettings";
import { VerificationSettings } from "./VerificationSettings";

const pages = {
  organization: OrganizationSettings,
  verification: VerificationSettings,
  mail: MailSettings,
  profile: ProfileSettings,
  password: PasswordSettings,
  sessions: SessionsSettings,
  tokens: TokensSettings,
};

const shared = ["organization", "verification", "mail"] as const;
const own = ["profile", "password", "sessions", "tokens"] as const;
type Tab = keyof typeof pages;

/** The settings of the organization, for those who may change them, and one's own. */
export function SettingsPage() {
  const { t } = useTranslation();
  const can = useCan();
  const params = useParams({ strict: false }) as { tab?: string };
  const administers = can("admin.settings");
  const tab = params.tab ?? (administers ? "organization" : "profile");
  const Page = pages[tab as Tab];
  return (
    <>
      <PageHeader title={t("nav.settings")} />
      <div className={classes.columns}>
        <nav className={classes.nav} aria-label={t("nav.settings")}>
          {administers && (
            <div>
              <p>{t("settings.shared")}</p>
              {shared.map((key) => (
                <Item key={key} tab={key} current={tab} />
              ))}
            </div>
          )}
          <div>
            <p>{t("settings.own")}</p>
            {own.map((key) => (
              <Item key={key} tab={key} current={tab} />
            ))}
          </div>
        </nav>
        <div className={classes.page}>
          {!Page ? (
            <EmptyState title={t("error.noPage")} />
          ) : (shared as readonly string[]).includes(tab) && !administers ? (
            <Forbidden permission="admin.settings" />
          ) : (
            <Page />
          )}
        </div>
      </div>
    </>
  );
}

function Item({ tab, current }: { tab: Tab; current: string }) {
  const { t } = useTranslation();
  return (
    <Link to="/settings/$tab" params={{ tab }} aria-current={tab === current ? "page" : undefined}>
      {t(`settings.${tab}.title`)}
    </Link>
  );
}
