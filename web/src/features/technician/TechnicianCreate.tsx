import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { goTo } from "@/app/navigate";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import { trialOf } from "@/features/access/effects";
import { useReview } from "@/features/access/review";
import { AccessFields } from "./AccessFields";
import { renewTechnician } from "./data";
import { ProfileFields } from "./ProfileFields";
import { FirstSignInFields, SecurityFields } from "./SecurityFields";
import { newTechnician, type TechnicianValues, valuesOf } from "./values";

/** Makes a technician in three steps: who they are, what they may do, how they get in. */
export function TechnicianCreate({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const { t } = useTranslation();
  // Tried out as an invitation: what they may do hangs on no password, and that is sent once.
  const review = useReview<TechnicianValues>(
    () => true,
    (values) => trialOf("POST", "/api/technicians", { body: newTechnician({ ...values, first: "later" }) }),
  );
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={t("technician.new")}
      required={{ email: t("technician.email") }}
      initial={valuesOf()}
      review={review}
      again={t("technician.saveAndNew")}
      steps={[
        {
          key: "profile",
          title: t("technician.tab.profile"),
          fields: ["given_name", "family_name", "display_name", "email", "phone", "other_phones", "job_title", "department", "usernames"],
          content: (form) => <ProfileFields form={form} />,
        },
        { key: "access", title: t("technician.tab.access"), fields: ["platform_role", "platform_role_id", "team_ids", "customer_ids"], content: (form) => <AccessFields form={form} /> },
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
