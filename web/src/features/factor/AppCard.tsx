import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { Dialog } from "@/components/Dialog";
import { toast } from "@/components/toast";
import { AppMaker } from "./AppMaker";
import { longDate, renewFactors } from "./data";
import classes from "./Factor.module.css";

/** One's own authenticator app. */
export function AppCard({ enrolledAt, onCodes }: { enrolledAt: string | null; onCodes: (codes: string[]) => void }) {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState<"make" | "remove" | null>(null);
  const close = () => setOpen(null);
  return (
    <Card
      title={t("factor.app")}
      actions={
        <>
          {enrolledAt && (
            <Button variant="default" size="compact-sm" onClick={() => setOpen("remove")}>
              {t("factor.appRemove")}
            </Button>
          )}
          <Button variant={enrolledAt ? "default" : "filled"} size="compact-sm" onClick={() => setOpen("make")}>
            {enrolledAt ? t("factor.appReplace") : t("factor.appAdd")}
          </Button>
        </>
      }
    >
      <p className={classes.lead}>
        <span>{t("factor.appText")}</span>
        {enrolledAt ? (
          <strong>{t("factor.appSince", { date: longDate(enrolledAt, i18n.language) })}</strong>
        ) : (
          <strong>{t("factor.appNone")}</strong>
        )}
      </p>
      <Dialog opened={open === "make"} onClose={close} title={enrolledAt ? t("factor.appReplace") : t("factor.appAdd")}>
        <AppMaker
          onMade={(codes) => {
            close();
            toast(t("factor.added", { name: t("factor.app") }));
            onCodes(codes);
          }}
        />
      </Dialog>
      <Confirm
        opened={open === "remove"}
        onClose={close}
        title={t("factor.appRemove")}
        action={t("factor.appRemove")}
        onConfirm={async () => {
          await must(api.DELETE("/api/me/factors/totp"));
          await renewFactors();
          toast(t("factor.removed", { name: t("factor.app") }));
        }}
      >
        {t("factor.appRemoveText")}
      </Confirm>
    </Card>
  );
}
