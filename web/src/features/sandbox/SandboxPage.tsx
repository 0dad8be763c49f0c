import { Smartphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { EmptyState } from "@/components/EmptyState";
import { PageHeader } from "@/components/PageHeader";
import { usePhoneContact } from "./data";
import { Owner } from "./Owner";
import { Phone } from "./Phone";
import classes from "./Phone.module.css";

/** The sandbox phone on a page of its own. */
export function SandboxPage() {
  const { t } = useTranslation();
  const me = useMe();
  const { contact, choose } = usePhoneContact();
  if (me && !me.organization.sandbox) {
    return <EmptyState icon={Smartphone} title={t("sandbox.off")} text={t("sandbox.offText")} />;
  }
  return (
    <>
      <PageHeader title={t("sandbox.title")} text={t("sandbox.text")} />
      <div className={classes.page}>
        <Phone key={contact?.id} contact={contact} />
        <div className={classes.guide}>
          <Card title={t("sandbox.who")}>
            <Owner contact={contact} onChoose={choose} />
          </Card>
          <Card title={t("sandbox.try")}>
            <ol className={classes.steps}>
              <li>{t("sandbox.step1")}</li>
              <li>{t("sandbox.step2")}</li>
              <li>{t("sandbox.step3")}</li>
            </ol>
            <Callout tone="neutral">{t("sandbox.beside")}</Callout>
          </Card>
        </div>
      </div>
    </>
  );
}
