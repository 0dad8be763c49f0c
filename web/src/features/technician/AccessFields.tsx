import { Select } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { choicesOf, useNames } from "@/app/useNames";
import type { Form } from "@/components/form/FormDrawer";
import { RemoteMultiSelect } from "@/components/form/RemoteMultiSelect";
import { customerChoices } from "@/features/customer/data";
import { teamChoices } from "@/features/team/data";
import { roles } from "./data";
import type { TechnicianValues } from "./values";

/** What somebody may do, and for whom. */
export function AccessFields({ form, owner }: { form: Form<TechnicianValues>; owner?: boolean }) {
  const { t } = useTranslation();
  const { platform_role: role, team_ids, customer_ids } = form.values;
  const customers = useNames("customers", customer_ids);
  const teams = useNames("teams", team_ids);
  return (
    <>
      <Select
        label={t("technician.role")}
        description={owner ? t("technician.ownerHelp") : t(`roleText.${role as "technician"}`, { defaultValue: "" })}
        data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
        allowDeselect={false}
        disabled={owner}
        data-autofocus
        {...form.getInputProps("platform_role")}
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
      {role !== "administrator" && (
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
