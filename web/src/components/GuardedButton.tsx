import { Button, type ButtonProps, Tooltip } from "@mantine/core";
import type { ComponentPropsWithoutRef } from "react";
import { useTranslation } from "react-i18next";
import { useCan } from "@/app/me";
import { usePermissionTitle } from "@/app/permissions";

interface Props extends ButtonProps, Omit<ComponentPropsWithoutRef<"button">, keyof ButtonProps> {
  needs: string;
}

/** A button that, when the permission is missing, says which one and who can give it. */
export function GuardedButton({ needs, ...button }: Props) {
  const { t } = useTranslation();
  const can = useCan();
  const missing = usePermissionTitle(can(needs) ? undefined : needs);
  if (can(needs)) {
    return <Button {...button} />;
  }
  return (
    <Tooltip label={t("error.needs", { permission: missing })}>
      <Button {...button} onClick={(e) => e.preventDefault()} data-disabled aria-disabled="true" />
    </Tooltip>
  );
}
