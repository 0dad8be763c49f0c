import { ActionIcon, Tooltip } from "@mantine/core";
import { FileCheck2 } from "lucide-react";
import { useTranslation } from "react-i18next";

/** Downloads a signed receipt. */
export function ReceiptLink({ href, name }: { href: string; name: string }) {
  const { t } = useTranslation();
  return (
    <Tooltip label={t("receipt.short")}>
      <ActionIcon component="a" href={href} download aria-label={t("receipt.download", { name })} variant="subtle" color="gray" ml={4}>
        <FileCheck2 size={15} />
      </ActionIcon>
    </Tooltip>
  );
}
