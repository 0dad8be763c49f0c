import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Technician } from "@/api/types";
import { platformRolesQuery } from "@/features/access/platformRoles";
import { chosenRole, type Chosen } from "./chosenRole";
import { roles } from "./data";

interface Props {
  value: Chosen;
  onChange: (chosen: Chosen) => void;
  error?: React.ReactNode;
  /** Whose role nobody changes. */
  owner?: boolean;
  /** What somebody has now: it is named before the list is here. */
  known?: Pick<Technician, "platform_role_id" | "platform_role_name">;
  autoFocus?: boolean;
  /** Whether what it means stands below the choice. */
  below?: boolean;
}

const order = { inputWrapperOrder: ["label", "input", "description", "error"] as ("label" | "input" | "description" | "error")[] };

/** One of the four platform roles, or one that the organization made. */
export function RoleSelect({ value, onChange, error, owner, known, autoFocus, below }: Props) {
  const { t } = useTranslation();
  const { data = [] } = useQuery(platformRolesQuery);
  const own = data.find((x) => x.id === value.platform_role_id);
  const four = roles.map((x) => ({ value: x as string, label: t(`role.${x}`) }));
  const named = data.map((x) => ({ value: x.id, label: x.name, base: x.based_on as string }));
  if (known?.platform_role_id && data.every((x) => x.id !== known.platform_role_id)) {
    named.push({ value: known.platform_role_id, label: known.platform_role_name, base: value.platform_role });
  }
  const help = own
    ? [own.description, t("technician.basedOn", { role: t(`role.${own.based_on as "manager"}`) }), t(`technician.reach.${own.customers as "all"}`)].filter(Boolean).join(" ")
    : t(`roleText.${value.platform_role as "technician"}`, { defaultValue: "" });
  return (
    <Select
      label={t("technician.role")}
      description={owner ? t("technician.ownerHelp") : help}
      {...(below ? order : {})}
      data={
        named.length > 0
          ? [
              { group: t("technician.roleFour"), items: four },
              { group: t("technician.roleOwn"), items: named },
            ]
          : four
      }
      value={value.platform_role_id || value.platform_role}
      onChange={(key) => key && onChange(chosenRole(key, value, named))}
      allowDeselect={false}
      maxDropdownHeight={320}
      searchable={named.length > 8}
      disabled={owner}
      error={error}
      {...(autoFocus ? { "data-autofocus": true } : {})}
    />
  );
}

/** Whether somebody with this role reaches every customer, whomever they are assigned to. */
export function useReachesAll({ platform_role, platform_role_id }: Chosen): boolean {
  const { data = [] } = useQuery(platformRolesQuery);
  return platform_role === "administrator" || data.some((x) => x.id === platform_role_id && x.customers === "all");
}
