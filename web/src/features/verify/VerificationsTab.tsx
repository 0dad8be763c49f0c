import { Button } from "@mantine/core";
import { FileCheck2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { EmptyState } from "@/components/EmptyState";
import { List } from "@/components/list/List";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { ReceiptLink } from "./ReceiptLink";
import classes from "./VerificationsTab.module.css";

/** Every verification of a contact, each with its receipt, and all receipts as one file. */
export function VerificationsTab({ contactId }: { contactId: string }) {
  const { t } = useTranslation();
  return (
    <>
      <div className={classes.all}>
        <p>{t("receipt.allText")}</p>
        <Button component="a" href={`/api/contacts/${contactId}/evidence`} download variant="default" leftSection={<FileCheck2 size={15} />}>
          {t("receipt.all")}
        </Button>
      </div>
      <List
        label={t("receipt.tab")}
        queryKey={["verifications"]}
        load={(query: Query<"/api/verifications">, signal: AbortSignal) => must(api.GET("/api/verifications", { params: { query }, signal }))}
        search={false}
        fixed={{ contact_id: contactId }}
        rowId={(v) => v.id}
        secondary={(v) => [v.level, v.address_masked, v.note].filter(Boolean).join(" · ")}
        empty={<EmptyState title={t("panel.historyNone")} />}
        columns={[
          { key: "method", header: t("report.one.method"), cell: (v) => t(`method.${v.method as "sms_code"}.name`, { defaultValue: v.method }) },
          { key: "state", header: t("ticket.status"), width: "140px", cell: (v) => <StateBadge state={v.state} /> },
          { key: "technician", header: t("report.one.technician"), hide: "phone", cell: (v) => v.technician.name },
          { key: "ticket", header: t("ticket.one"), hide: "tablet", width: "90px", cell: (v) => (v.ticket_number ? `#${v.ticket_number}` : "–") },
          { key: "at", header: t("audit.at"), hide: "phone", width: "150px", cell: (v) => <RelativeTime at={v.ended_at ?? v.created_at} /> },
          {
            key: "receipt",
            header: t("receipt.short"),
            width: "100px",
            cell: (v) => (v.state === "pending" ? "–" : <ReceiptLink id={v.id} name={v.contact_name} />),
          },
        ]}
      />
    </>
  );
}
