import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { CopyButton } from "@/components/CopyButton";
import classes from "@/features/settings/Settings.module.css";

/** The addresses that Twilio has to call, to be copied into its console. */
export function Webhooks({ addresses }: { addresses: { sms: string; voice: string; status: string } }) {
  const { t } = useTranslation();
  return (
    <Card title={t("carrier.webhooks")} level={3}>
      <div className={classes.form}>{t("carrier.webhooksText")}</div>
      <ul className={classes.items}>
        {(["sms", "voice", "status"] as const).map((kind) => (
          <li key={kind}>
            <div>
              <strong>{t(`carrier.hook.${kind}`)}</strong>
              <small style={{ overflowWrap: "anywhere" }}>{addresses[kind]}</small>
            </div>
            <CopyButton value={addresses[kind]} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
