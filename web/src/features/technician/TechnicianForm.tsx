import { MultiSelect, PasswordInput, Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import type { Technician } from "@/api/types";
import { queries } from "@/app/services";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import { allCustomersQuery, roles, technicianQuery } from "./data";

interface Props {
  opened: boolean;
  onClose: () => void;
  technician?: Technician;
  onSaved?: (technician: Technician) => void;
}

/** Makes or changes a technician. */
export function TechnicianForm({ opened, onClose, technician, onSaved }: Props) {
  const { t } = useTranslation();
  const customers = useQuery({ ...allCustomersQuery, enabled: opened });
  const initial = {
    given_name: technician?.given_name ?? "",
    family_name: technician?.family_name ?? "",
    email: technician?.email ?? "",
    phone: technician?.phone ?? "",
    job_title: technician?.job_title ?? "",
    platform_role: technician?.platform_role ?? "technician",
    customer_ids: technician?.customer_ids ?? [],
    password: "",
  };
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={technician ? t("technician.edit") : t("technician.new")}
      required={{ email: t("technician.email") }}
      initial={initial}
      onSave={async ({ password, ...values }, changed) => {
        const saved = technician
          ? await must(api.PATCH("/api/technicians/{id}", { params: { path: { id: technician.id }, header: ifMatch(technician.version) }, body: changed as never }))
          : await must(api.POST("/api/technicians", { body: { ...values, ...(password ? { password } : {}) } as never }));
        queries.setQueryData(technicianQuery(saved.id).queryKey, saved);
        void queries.invalidateQueries({ queryKey: ["technicians"] });
        void queries.invalidateQueries({ queryKey: ["me"] });
        toast(t("saved", { name: saved.name }));
        onSaved?.(saved);
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("technician.givenName")} data-autofocus {...form.getInputProps("given_name")} />
          <TextInput label={t("technician.familyName")} {...form.getInputProps("family_name")} />
          <TextInput label={t("technician.email")} type="email" required {...form.getInputProps("email")} />
          <TextInput label={t("technician.phone")} type="tel" description={t("technician.phoneHelp")} {...form.getInputProps("phone")} />
          <TextInput label={t("technician.job")} {...form.getInputProps("job_title")} />
          <Select
            label={t("technician.role")}
            description={t(`roleText.${form.values.platform_role as "technician"}`, { defaultValue: "" })}
            data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
            allowDeselect={false}
            disabled={technician?.owner}
            {...form.getInputProps("platform_role")}
          />
          {form.values.platform_role !== "administrator" && (
            <MultiSelect
              label={t("technician.customers")}
              description={t("technician.customersHelp")}
              data={(customers.data ?? []).map((c) => ({ value: c.id, label: c.name }))}
              searchable
              {...form.getInputProps("customer_ids")}
            />
          )}
          {!technician && (
            <PasswordInput
              label={t("technician.password")}
              description={t("technician.passwordHelp")}
              autoComplete="new-password"
              visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
              {...form.getInputProps("password")}
            />
          )}
        </>
      )}
    </FormDrawer>
  );
}
