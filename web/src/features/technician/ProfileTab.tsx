import { Button } from "@mantine/core";
import { Pencil } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Technician } from "@/api/types";
import { useCan } from "@/app/me";
import { Card } from "@/components/Card";
import { CopyButton } from "@/components/CopyButton";
import { Facts } from "@/components/Detail";
import { RelativeTime } from "@/components/RelativeTime";
import type { Origin } from "./data";
import type { Part } from "./TechnicianEdit";

interface Props {
  technician: Technician;
  onEdit?: (part: Part) => void;
}

/** Who a technician is and how to reach them. */
export function ProfileTab({ technician: x, onEdit }: Props) {
  const { t } = useTranslation();
  return (
    <>
      <Card title={t("technician.person")} actions={<EditPart part="profile" onEdit={onEdit} />}>
        <Facts
          wide
          items={[
            [t("technician.name"), x.name],
            [t("technician.job"), x.job_title || "–"],
            [t("technician.department"), x.department || "–"],
            [t("technician.email"), <Copied key="email" value={x.email} />],
            [t("technician.phone"), x.phone ? <Copied key="phone" value={x.phone} /> : "–"],
            x.other_phones.length > 0
              ? [
                  t("technician.otherPhones"),
                  x.other_phones.map((phone) => (
                    <div key={phone.number}>
                      <Copied value={phone.number} /> <small>{t(`technician.kind.${phone.kind as "mobile"}`)}</small>
                    </div>
                  )),
                ]
              : null,
            [t("technician.usernames"), x.usernames.join(", ") || "–"],
            [t("technician.smsConsent"), 
              x.sms_consent ? (
                <span key="sms">
                  {t("technician.smsAgreed")} <RelativeTime at={x.sms_consent.at} />
                </span>
              ) : (
                t("technician.smsNone")
              ),
            ],
          ]}
        />
      </Card>
      <Card title={t("technician.record")}>
        <Facts
          wide
          items={[
            [t("technician.lastActive"), <RelativeTime key="active" at={x.last_active_at} empty={t("never")} />],
            [t("technician.since"), <RelativeTime key="since" at={x.created_at} />],
            [t("technician.changed"), <RelativeTime key="changed" at={x.updated_at} />],
            [
              t("technician.imported"),
              x.imported_from
                ? [t(`technician.source.${x.imported_from as Origin}`, { defaultValue: x.imported_from }), x.source_id].filter(Boolean).join(" · ")
                : t("technician.byHand"),
            ],
          ]}
        />
      </Card>
    </>
  );
}

/** The button of a card that opens its part of the form. */
export function EditPart({ part, onEdit }: { part: Part; onEdit?: (part: Part) => void }) {
  const { t } = useTranslation();
  const can = useCan();
  if (!onEdit || !can("admin.technicians")) {
    return null;
  }
  return (
    <Button variant="default" size="compact-sm" leftSection={<Pencil size={13} />} aria-label={t(`technician.editCard.${part}`)} onClick={() => onEdit(part)}>
      {t("edit")}
    </Button>
  );
}

function Copied({ value }: { value: string }) {
  return (
    <span>
      {value} <CopyButton value={value} />
    </span>
  );
}
