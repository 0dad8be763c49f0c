import { Button } from "@mantine/core";
import { KeyRound, LogOut } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Technician } from "@/api/types";
import { useCan } from "@/app/me";
import { Card } from "@/components/Card";
import { Facts } from "@/components/Detail";
import { FactorsCard } from "@/features/factor/FactorsCard";
import { InvitationCard } from "@/features/invitation/InvitationCard";
import { SessionList } from "@/features/security/SessionList";
import { EditPart } from "./ProfileTab";
import type { Step } from "./LifeCycle";
import type { Part } from "./TechnicianEdit";
import classes from "./Technician.module.css";

interface Props {
  technician: Technician;
  self: boolean;
  onEdit?: (part: Part) => void;
  onStep: (step: Step) => void;
}

/** How a technician gets in, with what, from where, and where they are signed in now. */
export function SecurityTab({ technician: x, self, onEdit, onStep }: Props) {
  const { t } = useTranslation();
  const may = useCan()("admin.technicians") && !self && !x.owner;
  return (
    <>
      {x.state === "invitation" && <InvitationCard technician={x} />}
      <Card title={t("technician.rules")} actions={<EditPart part="security" onEdit={onEdit} />}>
        <Facts
          wide
          items={[
            [t("technician.mfa"), x.mfa_required ? t("technician.mfaDemanded") : t("technician.asOrganization")],
            [t("technician.uiAccess"), x.ui_access ? t("technician.uiOn") : t("technician.uiOff")],
            [t("technician.networks"), x.allowed_networks.join(", ") || t("technician.asOrganization")],
            [t("technician.idle"), x.idle_minutes > 0 ? t("technician.minutes", { count: x.idle_minutes }) : t("technician.asOrganization")],
            [t("technician.hours"), x.session_hours > 0 ? t("technician.hoursOf", { count: x.session_hours }) : t("technician.asOrganization")],
          ]}
        />
      </Card>
      {x.state === "activated" && <FactorsCard technician={x} />}
      <SessionList technicianId={x.id} />
      {may && (
        <Card title={t("technician.takeBack")}>
          <div className={classes.takeBack}>
            <Button variant="default" leftSection={<LogOut size={15} />} onClick={() => onStep("endAccess")}>
              {t("technician.step.endAccess")}
            </Button>
            <p>{t("technician.endAccessHelp")}</p>
            {x.state === "activated" && (
              <>
                <Button variant="default" leftSection={<KeyRound size={15} />} onClick={() => onStep("resetPassword")}>
                  {t("technician.step.resetPassword")}
                </Button>
                <p>{t("technician.resetPasswordHelp")}</p>
              </>
            )}
          </div>
        </Card>
      )}
    </>
  );
}
