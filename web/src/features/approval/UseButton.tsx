import { Button, Select } from "@mantine/core";
import { Hourglass } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Place } from "@/api/types";
import { Dialog } from "@/components/Dialog";
import { kindOf, placeOf } from "@/features/access/catalogue";
import classes from "./Approval.module.css";
import { AskForm } from "./AskForm";

const spans = ["30", "60", "240", "480"] as const;

/** Asks to use a sensitive permission on a target for a while. */
export function UseButton({ permission, on }: { permission: string; on: Place }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const [minutes, setMinutes] = useState<string>("60");
  return (
    <>
      <Button variant="default" size="compact-sm" leftSection={<Hourglass size={14} />} onClick={() => setOpen(true)}>
        {t("approval.useIt.open")}
      </Button>
      {open && (
        <Dialog opened onClose={() => setOpen(false)} title={t("approval.useIt.title")}>
          <div className={classes.form}>
            <Select
              label={t("approval.lend.minutes")}
              data={spans.map((value) => ({ value, label: t(`approval.lend.spans.${value}`) }))}
              allowDeselect={false}
              value={minutes}
              onChange={(next) => setMinutes(next ?? "60")}
            />
            <AskForm asked={{ action: "permission.use", parameters: { permission, target: placeOf(kindOf(on), on.id), minutes: Number(minutes) } }} onClose={() => setOpen(false)} />
          </div>
        </Dialog>
      )}
    </>
  );
}
