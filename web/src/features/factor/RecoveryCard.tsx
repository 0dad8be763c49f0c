import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { renewFactors } from "./data";
import classes from "./Factor.module.css";

/** How many recovery codes are left, and new ones. */
export function RecoveryCard({ left, enrolled, onCodes }: { left: number; enrolled: boolean; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  return (
    <Card
      title={t("factor.recovery")}
      actions={
        enrolled && (
          <Button variant="default" size="compact-sm" onClick={() => setAsking(true)}>
            {t("factor.renew")}
          </Button>
        )
      }
    >
      <p className={classes.lead}>
        <span>{t("factor.recoveryText")}</span>
        <strong>{enrolled ? t("factor.recoveryLeft", { count: left }) : t("factor.recoveryNone")}</strong>
      </p>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("factor.renew")}
        action={t("factor.renew")}
        danger={false}
        onConfirm={async () => {
          const { recovery_codes } = await must(api.POST("/api/me/factors/recovery-codes"));
          await renewFactors();
          onCodes(recovery_codes);
        }}
      >
        {t("factor.renewText")}
      </Confirm>
    </Card>
  );
}
