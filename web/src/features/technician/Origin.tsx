import { Tooltip } from "@mantine/core";
import { Cloud, FileSpreadsheet, Network, RefreshCw } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Origin } from "./data";

const icons = { csv: FileSpreadsheet, m365: Cloud, google: Cloud, ldap: Network, scim: RefreshCw };

/** Where somebody was imported from; nothing for those made by hand. */
export function OriginIcon({ from }: { from: string }) {
  const { t } = useTranslation();
  if (from === "") {
    return null;
  }
  const Icon = icons[from as Origin] ?? Cloud;
  const label = t("technician.importedFrom", { source: t(`technician.source.${from as Origin}`, { defaultValue: from }) });
  return (
    <Tooltip label={label}>
      <span role="img" aria-label={label}>
        <Icon size={16} aria-hidden="true" />
      </span>
    </Tooltip>
  );
}
