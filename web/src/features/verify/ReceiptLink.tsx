import { ActionIcon, Tooltip } from "@mantine/core";
import { FileCheck2, Printer } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";

const ReceiptSheet = lazy(() => import("./ReceiptSheet").then((m) => ({ default: m.ReceiptSheet })));

/** Downloads the signed receipt of a verification, or shows it to be printed. */
export function ReceiptLink({ id, name }: { id: string; name: string }) {
  const { t } = useTranslation();
  const [shown, setShown] = useState(false);
  return (
    <>
      <Tooltip label={t("receipt.short")}>
        <ActionIcon component="a" href={`/api/verifications/${id}/receipt`} download aria-label={t("receipt.download", { name })} variant="subtle" color="gray" ml={4}>
          <FileCheck2 size={15} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={t("receipt.paper")}>
        <ActionIcon aria-label={t("receipt.print", { name })} variant="subtle" color="gray" ml={4} onClick={() => setShown(true)}>
          <Printer size={15} />
        </ActionIcon>
      </Tooltip>
      {shown && (
        <Suspense>
          <ReceiptSheet id={id} onClose={() => setShown(false)} />
        </Suspense>
      )}
    </>
  );
}
