import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { goTo } from "@/app/navigate";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import { AccessFields } from "./AccessFields";
import { renewTechnician } from "./data";
import { ProfileFields } from "./ProfileFields";
import { FirstSignInFields, SecurityFields } from "./SecurityFields";
import { newTechnician, valuesOf } from "./values";

/** Makes a technician in three steps: who they are, what they may do, how they get in. */
export function TechnicianCreate({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={t("technician.new")}
      required={{ email: t("technician.email") }}
      initial={valuesOf()}
      again={t("technician.saveAndNew")}
      steps={[
        {
          key: "profile",
          title: t("technician.tab.profile"),
          fields: ["given_name", "family_name", "display_name", "email", "phone", "other_phones", "job_title", "department", "usernames"],
          content: (form) => <ProfileFields form={form} />,
        },
        { key: "access", title: t("technician.tab.access"), fields: ["platform_role", "team_ids", "customer_ids"], content: (form) => <AccessFields form={form} /> },
        {
          key: "security",
          title: t("technician.tab.security"),
          fields: ["first", "password", "mfa_required", "ui_access", "allowed_networks", "idle_minutes", "session_hours"],
          content: (form) => (
            <>
              <FirstSignInFields form={form} />
              <SecurityFields form={form} />
            </>
          ),
        },
      ]}
      onSave={async (values, _, another) => {
        const saved = await must(api.POST("/api/technicians", { body: newTechnician(values) as never }));
        renewTechnician(saved);
        toast(t(values.first === "invite" ? "technician.invited" : "saved", { name: saved.name }));
        if (!another) {
          goTo(`/technicians/${saved.id}`);
        }
      }}
    />
  );
}
