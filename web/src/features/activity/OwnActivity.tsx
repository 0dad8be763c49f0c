import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { Card } from "@/components/Card";
import { ActivityTab } from "./ActivityTab";

/** What one did oneself, and what was tried with one's account. */
export function OwnActivity() {
  const { t } = useTranslation();
  const me = useMe();
  return me ? (
    <Card title={t("did.own")}>
      <ActivityTab technicianId={me.technician.id} />
    </Card>
  ) : null;
}
