import { Lock } from "lucide-react";
import { useTranslation } from "react-i18next";
import { usePermissionTitle } from "@/app/permissions";
import { EmptyState } from "./EmptyState";
import { WhyLink } from "./WhyLink";

/** In place of a page that the person may not see: which permission is missing, and who can give it. */
export function Forbidden({ permission }: { permission: string }) {
  const { t } = useTranslation();
  const title = usePermissionTitle(permission);
  return <EmptyState icon={Lock} title={t("error.forbidden")} text={t("error.needs", { permission: title })} action={<WhyLink permission={permission} />} />;
}
