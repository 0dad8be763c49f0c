import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { queries } from "@/app/services";
import { SettingsCard } from "@/features/settings/SettingsCard";
import { PolicyForm } from "./PolicyForm";

const queryKey = ["settings", "verification-policy"];

/** How the callers of every customer are verified, unless a customer's own policy says otherwise. */
export function PolicySettings() {
  const { t } = useTranslation();
  return (
    <SettingsCard title={t("policy.title")} queryKey={queryKey} load={() => must(api.GET("/api/settings/verification-policy"))}>
      {(policy) => (
        <PolicyForm
          key={policy.version}
          policy={policy}
          one={false}
          onSave={async (own) => {
            queries.setQueryData(queryKey, await must(api.PUT("/api/settings/verification-policy", { params: { header: ifMatch(policy.version) }, body: own })));
          }}
        />
      )}
    </SettingsCard>
  );
}
