import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { queries } from "@/app/services";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { PolicyForm } from "./PolicyForm";

/** What differs for the callers of one customer. */
export function CustomerPolicy({ id }: { id: string }) {
  const { t } = useTranslation();
  const queryKey = ["customer", id, "verification-policy"];
  const path = { id };
  return (
    <SettingsCard title={t("policy.title")} queryKey={queryKey} load={() => must(api.GET("/api/customers/{id}/verification-policy", { params: { path } }))}>
      {(policy) => (
        <PolicyForm
          key={policy.version}
          policy={policy}
          one
          onSave={async (own) => {
            const answer = await must(api.PUT("/api/customers/{id}/verification-policy", { params: { path, header: ifMatch(policy.version) }, body: own }));
            queries.setQueryData(queryKey, answer);
          }}
        />
      )}
    </SettingsCard>
  );
}
