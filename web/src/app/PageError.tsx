import { Button } from "@mantine/core";
import { Link, type ErrorComponentProps } from "@tanstack/react-router";
import { SearchX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/components/EmptyState";
import { ErrorState } from "@/components/ErrorState";

/** A page that could not be shown. */
export function PageError({ error }: ErrorComponentProps) {
  return <ErrorState error={error} retry={() => location.reload()} />;
}

/** An address without a page. */
export function NotFound() {
  const { t } = useTranslation();
  return (
    <EmptyState
      icon={SearchX}
      title={t("error.noPage")}
      action={
        <Button component={Link} to="/" variant="default">
          {t("error.toDesk")}
        </Button>
      }
    />
  );
}
