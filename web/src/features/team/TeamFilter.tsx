import { useTranslation } from "react-i18next";
import { useNames } from "@/app/useNames";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { teamChoices } from "./data";

/** Narrows a list to one team. */
export function TeamFilter({ value, onChange }: { value?: string; onChange: (id: string | undefined) => void }) {
  const { t } = useTranslation();
  const name = useNames("teams", value ? [value] : []).get(value ?? "");
  return (
    <RemoteSelect
      key={name}
      w={200}
      radius="xl"
      clearable
      aria-label={t("team.one")}
      placeholder={t("team.any")}
      queryKey={["teams"]}
      load={teamChoices}
      known={value && name ? { value, label: name } : null}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
    />
  );
}
