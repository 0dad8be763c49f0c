import { Button } from "@mantine/core";
import { ShieldCheck } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useCan, useMe } from "@/app/me";
import { Forbidden } from "@/components/Forbidden";
import { PageHeader } from "@/components/PageHeader";
import { AskDialog } from "@/features/approval";
import { AuditList } from "./AuditList";
import { LiveTail } from "./LiveTail";
import { TreeState } from "./TreeState";

/** The record of everything that was done, which nobody can change. */
export function AuditPage() {
  const { t } = useTranslation();
  const can = useCan();
  // The owner takes the log away alone; everybody else with a second person.
  const owner = useMe()?.technician.owner === true;
  const [format, setFormat] = useState<"jsonl" | "csv" | null>(null);
  if (!can("admin.audit")) {
    return <Forbidden permission="admin.audit" />;
  }
  return (
    <>
      <PageHeader
        title={t("nav.audit")}
        text={t("audit.text")}
        actions={
          owner ? (
            <Button component="a" href="/api/audit/export" download="audit.jsonl" variant="default" leftSection={<ShieldCheck size={15} />}>
              {t("audit.exportJson")}
            </Button>
          ) : (
            <Button variant="default" leftSection={<ShieldCheck size={15} />} onClick={() => setFormat("jsonl")}>
              {t("audit.exportJson")}
            </Button>
          )
        }
      />
      <TreeState />
      <LiveTail />
      <AuditList filters onExport={owner ? undefined : () => setFormat("csv")} />
      {format && (
        <Suspense fallback={null}>
          <AskDialog asked={{ action: "audit.export", parameters: { format } }} onClose={() => setFormat(null)} />
        </Suspense>
      )}
    </>
  );
}
