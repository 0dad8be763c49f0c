import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { CustomerSelect } from "./CustomerSelect";
import { customerQuery } from "./data";

/** Narrows a list to one customer. */
export function CustomerFilter({ value, onChange }: { value?: string; onChange: (id: string | undefined) => void }) {
  const { t } = useTranslation();
  const chosen = useQuery({ ...customerQuery(value ?? ""), enabled: Boolean(value) });
  const known = value && chosen.data ? { value, label: chosen.data.name } : null;
  return (
    <CustomerSelect
      key={known?.value}
      w={200}
      radius="xl"
      clearable
      aria-label={t("customer.one")}
      placeholder={t("customer.any")}
      known={known}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
    />
  );
}
