import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Technician } from "@/api/types";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import { trialOf } from "@/features/access/effects";
import { useReview } from "@/features/access/review";
import { AccessFields } from "./AccessFields";
import { renewTechnician } from "./data";
import { ProfileFields } from "./ProfileFields";
import { SecurityFields } from "./SecurityFields";
import { changedTechnician, type TechnicianValues, valuesOf } from "./values";

export type Part = "profile" | "access" | "security";

/** Changes one part of a technician: who they are, what they may do, or how they sign in. */
export function TechnicianEdit({ technician, part, onClose }: { technician: Technician; part: Part | null; onClose: () => void }) {
  const { t } = useTranslation();
  const review = useReview<TechnicianValues>(
    ({ platform_role, platform_role_id, team_ids, customer_ids }) => platform_role !== undefined || platform_role_id !== undefined || team_ids !== undefined || customer_ids !== undefined,
    (_, changed) => trialOf("PATCH", `/api/technicians/${technician.id}`, { version: technician.version, body: changedTechnician(changed) }),
  );
  return (
    <FormDrawer
      key={`${technician.version} ${part ?? ""}`}
      opened={part !== null}
      onClose={onClose}
      title={t(`technician.editPart.${part ?? "profile"}`, { name: technician.name })}
      required={{ email: t("technician.email") }}
      initial={valuesOf(technician)}
      review={review}
      onSave={async (_, changed) => {
        const change = { params: { path: { id: technician.id }, header: ifMatch(technician.version) }, body: changedTechnician(changed) as never };
        const saved = await must(api.PATCH("/api/technicians/{id}", change));
        renewTechnician(saved);
        toast(t("saved", { name: saved.name }));
      }}
    >
      {(form) =>
        part === "access" ? <AccessFields form={form} technician={technician} /> : part === "security" ? <SecurityFields form={form} /> : <ProfileFields form={form} />
      }
    </FormDrawer>
  );
}
