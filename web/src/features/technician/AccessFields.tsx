import { useTranslation } from "react-i18next";
import { choicesOf, useNames } from "@/app/useNames";
import type { Technician } from "@/api/types";
import type { Form } from "@/components/form/FormDrawer";
import { RemoteMultiSelect } from "@/components/form/RemoteMultiSelect";
import { customerChoices } from "@/features/customer/data";
import { teamChoices } from "@/features/team/data";
import { RoleSelect, useReachesAll } from "./RoleSelect";
import type { TechnicianValues } from "./values";

/** What somebody may do, and for whom. */
export function AccessFields({ form, technician }: { form: Form<TechnicianValues>; technician?: Technician }) {
  const { t } = useTranslation();
  const { platform_role, platform_role_id, team_ids, customer_ids } = form.values;
  const role = { platform_role, platform_role_id };
  const all = useReachesAll(role);
  const customers = useNames("customers", customer_ids);
  const teams = useNames("teams", team_ids);
  return (
    <>
      <RoleSelect
        value={role}
        onChange={(chosen) => form.setValues({ ...chosen })}
        error={form.errors.platform_role ?? form.errors.platform_role_id}
        owner={technician?.owner}
        known={technician}
        autoFocus
      />
      <RemoteMultiSelect
        label={t("technician.teams")}
        description={t("technician.teamsHelp")}
        queryKey={["teams"]}
        load={teamChoices}
        known={choicesOf(teams)}
        {...form.getInputProps("team_ids")}
        value={team_ids}
      />
      {!all && (
        <RemoteMultiSelect
          label={t("technician.customers")}
          description={t("technician.customersHelp")}
          queryKey={["customers"]}
          load={customerChoices}
          known={choicesOf(customers)}
          {...form.getInputProps("customer_ids")}
          value={customer_ids}
        />
      )}
    </>
  );
}
