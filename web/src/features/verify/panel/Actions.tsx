import { Box, Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Check, Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Panel } from "@/api/types";
import { useCan } from "@/app/me";
import { Refused } from "@/components/Refused";
import { toast } from "@/components/toast";
import classes from "./Panel.module.css";

interface Props {
  contactId: string;
  ticketId?: string;
  panel: Panel;
}

/** What the caller may ask for now: pressing one puts on record that it was allowed, or says what proof it takes. */
export function Actions({ contactId, ticketId, panel }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const clear = useMutation({
    mutationFn: (action: string) =>
      must(api.POST("/api/contacts/{id}/clearances", { params: { path: { id: contactId } }, body: { action, ticket_id: ticketId } as never })),
    onSuccess: (answer) => toast(t("asked.cleared", { action: t(`asked.${answer.action}` as "asked.bank_data"), level: answer.level })),
  });
  return (
    <section aria-label={t("asked.title")}>
      <h3 className={classes.subtitle}>{t("asked.title")}</h3>
      <p className={classes.help}>{t("asked.help", { level: panel.level })}</p>
      {clear.isError && (
        <Box mb={8}>
          <Refused error={clear.error} onDone={clear.reset} />
        </Box>
      )}
      <ul className={classes.actions}>
        {panel.actions.map((a) => (
          <li key={a.action}>
            <Button
              size="compact-sm"
              variant="default"
              fullWidth
              justify="space-between"
              disabled={!can("verification.run")}
              data-cleared={a.cleared}
              leftSection={a.cleared ? <Check size={14} aria-hidden="true" /> : <Lock size={14} aria-hidden="true" />}
              rightSection={<span className={classes.level}>{a.cleared ? t("asked.ok") : t("asked.takes", { level: a.required_level })}</span>}
              loading={clear.isPending && clear.variables === a.action}
              onClick={() => clear.mutate(a.action)}
            >
              {t(`asked.${a.action}` as "asked.bank_data")}
            </Button>
          </li>
        ))}
      </ul>
    </section>
  );
}
