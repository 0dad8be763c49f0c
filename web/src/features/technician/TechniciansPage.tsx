import { FileUp, Plus } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { useNew } from "@/app/useNew";
import { Forbidden } from "@/components/Forbidden";
import { GuardedButton } from "@/components/GuardedButton";
import { PageHeader } from "@/components/PageHeader";
import { TechnicianCreate } from "./TechnicianCreate";
import { TechnicianList } from "./TechnicianList";

/** The staff. */
export function TechniciansPage() {
  const { t } = useTranslation();
  const can = useCan();
  const [creating, setCreating] = useNew();
  if (!can("admin.technicians")) {
    return <Forbidden permission="admin.technicians" />;
  }
  const actions = (
    <>
      <GuardedButton needs="admin.import" variant="default" leftSection={<FileUp size={15} />} onClick={() => goTo("/import/technicians")}>
        {t("technician.import")}
      </GuardedButton>
      <GuardedButton needs="admin.technicians" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
        {t("technician.new")}
      </GuardedButton>
    </>
  );
  return (
    <>
      <PageHeader title={t("nav.technicians")} actions={actions} />
      <TechnicianList empty={actions} />
      <TechnicianCreate opened={creating} onClose={() => setCreating(false)} />
    </>
  );
}
