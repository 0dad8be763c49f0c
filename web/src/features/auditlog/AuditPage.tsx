import { Button } from "@mantine/core";
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { Forbidden } from "@/components/Forbidden";
import { PageHeader } from "@/components/PageHeader";
import { AuditList } from "./AuditList";
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
          <Button component="a" href="/api/audit/export" download="audit.jsonl" variant="default" leftSection={<Download size={15} />}>
            {t("audit.export")}
          </Button>
        }
      />
      <TreeState />
      <AuditList filters />
    </>
  );
}
