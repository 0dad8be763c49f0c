import { Textarea, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Team } from "@/api/types";
import { choicesOf, useNames } from "@/app/useNames";
import { FormDrawer } from "@/components/form/FormDrawer";
import { RemoteMultiSelect } from "@/components/form/RemoteMultiSelect";
import { toast } from "@/components/toast";
import { trialOf } from "@/features/access/effects";
import { useReview } from "@/features/access/review";
import { customerChoices } from "@/features/customer/data";
import { technicianChoices } from "@/features/technician/data";
import { changeTeam, renewTeam, teamTrial } from "./data";

interface Values extends Record<string, unknown> {
  name: string;
  description: string;
  lead_ids: string[];
  member_ids: string[];
  customer_ids: string[];
}

interface Props {
  opened: boolean;
  onClose: () => void;
  team?: Team;
  onSaved?: (team: Team) => void;
}

/** Makes or changes a team. */
export function TeamForm({ opened, onClose, team, onSaved }: Props) {
  const { t } = useTranslation();
  const initial: Values = {
    name: team?.name ?? "",
    description: team?.description ?? "",
    lead_ids: team?.lead_ids ?? [],
    member_ids: team?.member_ids ?? [],
    customer_ids: team?.customer_ids ?? [],
  };
  const review = useReview<Values>(
    ({ lead_ids, member_ids, customer_ids }) => lead_ids !== undefined || member_ids !== undefined || customer_ids !== undefined,
    (values, changed) => (team ? teamTrial(team, changed) : trialOf("POST", "/api/teams", { body: values })),
  );
  const people = useNames("technicians", opened ? [...new Set([...initial.lead_ids, ...initial.member_ids])] : []);
  const customers = useNames("customers", opened ? initial.customer_ids : []);
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={team ? t("team.edit") : t("team.new")}
      required={{ name: t("team.name") }}
      initial={initial}
      review={review}
      onSave={async (values, changed) => {
        const saved = team ? await changeTeam(team, changed) : await must(api.POST("/api/teams", { body: values }));
        renewTeam(saved);
        toast(t("saved", { name: saved.name }));
        onSaved?.(saved);
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("team.name")} required maxLength={100} data-autofocus {...form.getInputProps("name")} />
          <Textarea label={t("team.description")} autosize minRows={2} maxRows={8} maxLength={2000} {...form.getInputProps("description")} />
          <RemoteMultiSelect
            label={t("team.leads")}
            description={t("team.leadsHelp")}
            queryKey={["technicians"]}
            load={technicianChoices}
            known={choicesOf(people)}
            {...form.getInputProps("lead_ids")}
            value={form.values.lead_ids}
          />
          <RemoteMultiSelect
            label={t("team.memberCount")}
            queryKey={["technicians"]}
            load={technicianChoices}
            known={choicesOf(people)}
            {...form.getInputProps("member_ids")}
            value={form.values.member_ids}
          />
          <RemoteMultiSelect
            label={t("nav.customers")}
            description={t("team.customersHelp")}
            queryKey={["customers"]}
            load={customerChoices}
            known={choicesOf(customers)}
            {...form.getInputProps("customer_ids")}
            value={form.values.customer_ids}
          />
        </>
      )}
    </FormDrawer>
  );
}
