import type { TFunction } from "i18next";
import { type ComponentType, lazy } from "react";
import { both } from "@/features/approval";
import { speaking } from "@/i18n/parts";

/** One page of settings. */
export interface SettingsTab {
  /** Its address: /settings/KEY. */
  key: string;
  group: "shared" | "own";
  title: (t: TFunction) => string;
  /** For whom; for everybody when absent. */
  needs?: string;
  Page: ComponentType;
}

// Each page is fetched when it is opened: `page(() => import("./MailSettings"), "MailSettings")`.
function page<K extends string>(load: () => Promise<{ [P in K]: ComponentType }>, name: K): ComponentType {
  return lazy(async () => ({ default: (await load())[name] as ComponentType }));
}

/** The pages of settings in their order. Add a line here, and the page is in the navigation, in the palette and under its address. */
export const settingsTabs: SettingsTab[] = [
  { key: "organization", group: "shared", needs: "admin.settings", title: (t) => t("settings.organization.title"), Page: page(() => import("./OrganizationSettings"), "OrganizationSettings") },
  { key: "branding", group: "shared", needs: "admin.branding", title: (t) => t("branding.title"), Page: page(() => import("@/features/branding/BrandingSettings"), "BrandingSettings") },
  { key: "templates", group: "shared", needs: "admin.templates", title: (t) => t("wording.title"), Page: page(() => import("@/features/wording/TemplatesSettings"), "TemplatesSettings") },
  { key: "security", group: "shared", needs: "admin.settings", title: (t) => t("security.title"), Page: page(() => import("@/features/security/SecuritySettings"), "SecuritySettings") },
  { key: "verification", group: "shared", needs: "admin.settings", title: (t) => t("settings.verification.title"), Page: page(() => import("./VerificationSettings"), "VerificationSettings") },
  { key: "integrations", group: "shared", needs: "admin.settings", title: (t) => t("duo.page"), Page: page(() => import("@/features/duo/DuoSettings"), "DuoSettings") },
  { key: "verification-policy", group: "shared", needs: "admin.settings", title: (t) => t("policy.title"), Page: page(() => import("@/features/verify/policy/PolicySettings"), "PolicySettings") },
  { key: "default-permissions", group: "shared", needs: "admin.roles", title: (t) => t("settings.defaults"), Page: page(speaking("rights", () => import("@/features/access/DefaultPermissions")), "DefaultPermissions") },
  { key: "platform-roles", group: "shared", needs: "admin.roles", title: (t) => t("settings.platformRoles"), Page: page(speaking("rights", () => import("@/features/access/PlatformRoles")), "PlatformRoles") },
  { key: "sensitive-permissions", group: "shared", needs: "admin.roles", title: (t) => t("settings.sensitive"), Page: page(both(() => import("@/features/approval/SensitivePermissions")), "SensitivePermissions") },
  { key: "pods", group: "shared", needs: "admin.settings", title: (t) => t("pods.title"), Page: page(() => import("@/features/pod/PodsSettings"), "PodsSettings") },
  { key: "consent", group: "shared", needs: "admin.settings", title: (t) => t("consent.settings.title"), Page: page(() => import("@/features/consent/ConsentSettings"), "ConsentSettings") },
  { key: "mail", group: "shared", needs: "admin.settings", title: (t) => t("settings.mail.title"), Page: page(speaking("mail", () => import("./MailSettings")), "MailSettings") },
  { key: "carriers", group: "shared", needs: "admin.settings", title: (t) => t("carrier.title"), Page: page(speaking("carrier", () => import("@/features/carrier/CarrierSettings")), "CarrierSettings") },
  { key: "profile", group: "own", title: (t) => t("settings.profile.title"), Page: page(() => import("./ProfileSettings"), "ProfileSettings") },
  { key: "notifications", group: "own", title: (t) => t("told.title"), Page: page(() => import("@/features/notification/NotificationSettings"), "NotificationSettings") },
  { key: "activity", group: "own", title: (t) => t("did.own"), Page: page(() => import("@/features/activity/OwnActivity"), "OwnActivity") },
  { key: "password", group: "own", title: (t) => t("settings.password.title"), Page: page(() => import("./PasswordSettings"), "PasswordSettings") },
  { key: "factors", group: "own", title: (t) => t("factor.title"), Page: page(() => import("@/features/factor/FactorsSettings"), "FactorsSettings") },
  { key: "sessions", group: "own", title: (t) => t("settings.sessions.title"), Page: page(() => import("@/features/security/SessionsSettings"), "SessionsSettings") },
  { key: "tokens", group: "own", title: (t) => t("settings.tokens.title"), Page: page(speaking("rights", () => import("@/features/security/TokensSettings")), "TokensSettings") },
];

/** The pages that this person may open. */
export function visibleTabs(can: (permission: string) => boolean): SettingsTab[] {
  return settingsTabs.filter((tab) => !tab.needs || can(tab.needs));
}
