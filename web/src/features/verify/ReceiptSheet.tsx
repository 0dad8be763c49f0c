import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Download, Printer } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Verification } from "@/api/types";
import { useMe } from "@/app/me";
import { ErrorState } from "@/components/ErrorState";
import { downloadText } from "@/components/file";
import { Loading } from "@/components/Loading";
import { Sheet } from "@/components/Sheet";
import { StateBadge } from "@/components/StateBadge";
import { absolute } from "@/components/time";
import classes from "./Receipt.module.css";

interface Named {
  id: string;
  name: string;
}

/** What the signed file states (internal/receipt/receiptverify). */
interface Receipt {
  receipt: {
    organization: Named;
    verification: {
      id: string;
      contact: Named;
      customer: Named;
      technician: Named | null;
      method: string;
      level: string;
      address: string;
      call_direction: string;
      ticket: { id: string; number: number } | null;
      state: Verification["state"];
      started_at: string;
      ended_at: string;
    };
    events: { seq: number }[];
    issued_at: string;
  };
  sha256: string;
}

/** A receipt for people: what the signed file states, on one page, with the sum by which the file is known. */
export function ReceiptSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation();
  const found = useQuery({
    queryKey: ["receipt", id],
    queryFn: () => must(api.GET("/api/verifications/{id}/receipt", { params: { path: { id } }, parseAs: "text" })),
    gcTime: 0,
    staleTime: Infinity, // each reading is an event of the log
    retry: false,
  });
  return (
    <Sheet opened onClose={onClose} title={t("receipt.title")} position="right" size="lg">
      {found.data ? <Paper file={found.data} /> : found.isPending ? <Loading rows={9} height={28} /> : <ErrorState error={found.error} retry={() => void found.refetch()} />}
    </Sheet>
  );
}

function Paper({ file }: { file: string }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const of = JSON.parse(file) as Receipt;
  const { organization, verification: v, events, issued_at: issued } = of.receipt;
  const at = (time: string) => absolute(new Date(time), i18n.language, me?.technician.time_zone);
  const rows: [string, ReactNode][] = [
    [t("receipt.person"), v.contact.name || "–"],
    [t("customer.one"), v.customer.name || "–"],
    [t("report.one.technician"), v.technician?.name ?? "–"],
    [t("report.one.method"), `${t(`method.${v.method as "sms_code"}.name`, { defaultValue: v.method || "–" })}${v.level && ` (${v.level})`}`],
    [t("receipt.address"), v.address || "–"],
    [t("ticket.one"), v.ticket?.number ? `#${v.ticket.number}` : "–"],
    [t("ticket.status"), <StateBadge key="state" state={v.state} />],
    [t("receipt.started"), at(v.started_at)],
    [t("receipt.ended"), at(v.ended_at)],
    [t("receipt.events"), events.map((e) => e.seq).join(", ")],
    [t("receipt.issued"), at(issued)],
    ["SHA-256", <code key="sum">{of.sha256}</code>],
  ];
  return (
    <article className={classes.paper} data-paper>
      <h3>{organization.name}</h3>
      <dl>
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p>{t("receipt.proof")}</p>
      <div className={classes.actions}>
        <Button leftSection={<Printer size={15} aria-hidden="true" />} onClick={() => print()}>
          {t("receipt.paper")}
        </Button>
        {/* The very file that is shown: another one from the server would have another sum. */}
        <Button variant="default" leftSection={<Download size={15} aria-hidden="true" />} onClick={() => downloadText(file, "receipt.json", "application/json")}>
          {t("receipt.file")}
        </Button>
      </div>
    </article>
  );
}
