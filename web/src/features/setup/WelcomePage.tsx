import { Button } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Smartphone, Upload } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { Callout } from "@/components/Callout";
import { PageHeader } from "@/components/PageHeader";
import { Wizard } from "@/components/Wizard";
import { type FirstStep, useFirstSteps } from "@/features/desk/firstSteps";
import { MailSettings } from "@/features/settings/MailSettings";
import { Invite } from "./Invite";
import classes from "./Setup.module.css";

const order = ["import", "mail", "invite", "try"] as const;
type Key = (typeof order)[number];

/** After the organization was made: what makes it useful, one thing after the other. All can be skipped; the desk offers it again. */
export function WelcomePage() {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const { step } = useSearch({ strict: false }) as { step?: string };
  const { steps: first } = useFirstSteps();
  const offered = order.filter((key) => first.some((s) => s.key === key));
  const current: Key = offered.find((key) => key === step) ?? offered[0] ?? "try";
  const at = offered.indexOf(current);
  const state = first.find((s) => s.key === current);
  const go = (key: string | undefined) => void navigate(key ? { to: "/welcome", search: { step: key } as never } : { to: "/" });
  const next = offered[at + 1];
  return (
    <>
      <PageHeader title={t("welcome.title", { name: me?.organization.name ?? "" })} text={t("welcome.text")} />
      <Wizard
        steps={offered.map((key) => ({ key, title: t(`checklist.${key}.title`) }))}
        current={current}
        onStep={go}
        title={t(`checklist.${current}.title`)}
        text={t(`welcome.${current}`)}
        onBack={at > 0 ? () => go(offered[at - 1]) : undefined}
        onSkip={state?.done ? undefined : () => go(next)}
        next={{ label: next ? t("form.next") : t("welcome.toDesk"), run: () => go(next), disabled: next !== undefined && state?.done !== true }}
      >
        {state?.done && (
          <Callout tone="verified" live="polite">
            {t("checklist.done")}
          </Callout>
        )}
        {content(current, state, t("welcome.importContacts"), t("welcome.addContact"), t("checklist.try.title"))}
      </Wizard>
    </>
  );
}

function content(key: Key, state: FirstStep | undefined, importContacts: string, addContact: string, tryPhone: string): ReactNode {
  switch (key) {
    case "import":
      return (
        <div className={classes.choices}>
          <Button component={Link} to={state?.to ?? "/contacts"} leftSection={<Upload size={16} />}>
            {importContacts}
          </Button>
          <Button component={Link} to="/customers?new=1" variant="default">
            {addContact}
          </Button>
        </div>
      );
    case "mail":
      return <MailSettings />;
    case "invite":
      return <Invite />;
    default:
      return (
        <Button component={Link} to="/sandbox" leftSection={<Smartphone size={16} />}>
          {tryPhone}
        </Button>
      );
  }
}
