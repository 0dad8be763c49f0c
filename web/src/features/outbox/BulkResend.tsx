import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Delivery } from "@/api/types";
import { Confirm } from "@/components/Confirm";
import type { Selection } from "@/components/list/BulkBar";
import { toast } from "@/components/toast";
import { atOnce, load, resendMany } from "./data";

/** Sends the chosen messages again, those that may be. */
export function BulkResend({ selection }: { selection: Selection<Delivery> }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  const count = Math.min(selection.count ?? atOnce, atOnce);
  const send = async () => {
    const found = selection.all ? (await load({ ...selection.filter, dead: true, limit: atOnce }, new AbortController().signal)).items : null;
    const { done, left, why } = await resendMany(found ? found.map((d) => d.id) : selection.ids, t);
    toast(
      [done > 0 && t("outbox.manyDone", { count: done }), left > 0 && t("outbox.manyLeft", { count: left, reason: why })].filter(Boolean).join(" "),
      left > 0 ? "pending" : "verified",
    );
    selection.clear();
  };
  return (
    <>
      <Button size="compact-md" onClick={() => setAsking(true)}>
        {t("outbox.resend")}
      </Button>
      <Confirm opened={asking} onClose={() => setAsking(false)} title={t("outbox.many", { count })} action={t("outbox.resend")} danger={false} onConfirm={send}>
        {t("outbox.manyText")}
      </Confirm>
    </>
  );
}
