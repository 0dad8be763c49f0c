import { Button } from "@mantine/core";
import { ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { Forbidden } from "@/components/Forbidden";
import { PageHeader } from "@/components/PageHeader";
import { AuditList } from "./AuditList";
import { LiveTail } from "./LiveTail";
import { TreeState } from "./TreeState";

/** The record of everything that was done, which nobody can change. */
export function AuditPage() {
  const { t } = useTranslation();
  const can = useCan();
  if (!can("admin.audit")) {
    return <Forbidden permission="admin.audit" />;
  }
  return (
    <>
      <PageHeader
        title={t("nav.audit")}
        text={t("audit.text")}
        actions={
          <Button component="a" href="/api/audit/export" download="audit.jsonl" variant="default" leftSection={<ShieldCheck size={15} />}>
            {t("audit.exportJson")}
          </Button>
        }
      />
      <TreeState />
      <LiveTail />
      <AuditList filters />
    </>
  );
}
