import { Button } from "@mantine/core";
import { Link, useSearch } from "@tanstack/react-router";
import { Waypoints } from "lucide-react";
import { Suspense } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { usePermissionTitle } from "@/app/permissions";
import { Card } from "@/components/Card";
import { PageHeader } from "@/components/PageHeader";
import { LendButton } from "@/features/approval";
import { Ask } from "./Ask";
import { targetsOf } from "./catalogue";
import { useCatalogue } from "./data";
import { Explanation } from "./Explanation";
import classes from "./Access.module.css";

/** What one may do oneself, and why. A refused button leads here with the permission that it needs. */
export function OwnAccessPage() {
  const { t } = useTranslation();
  const me = useMe();
  const { permission } = useSearch({ strict: false }) as { permission?: string };
  const title = usePermissionTitle(permission);
  const purpose = useCatalogue().data?.find((p) => p.name === permission)?.purpose;
  if (!me) {
    return null;
  }
  // What is asked of the organization is answered at once; of a customer or a device it has to be said which one.
  const whole = purpose === "administration" ? { type: "organization" } : purpose === "invitations" ? { type: "section", id: "quick_support" } : null;
  return (
    <div className={classes.stack}>
      <PageHeader
        title={t("ownAccess")}
        text={permission && !whole ? t("error.needs", { permission: title }) : undefined}
        actions={
          <>
            <Button component={Link} to="/access-graph" search={{ from: "technician", id: me.technician.id } as never} variant="default" leftSection={<Waypoints size={16} />}>
              {t("nav.graph")}
            </Button>
            <Suspense fallback={null}>
              <LendButton />
            </Suspense>
          </>
        }
      />
      {permission && whole && (
        <Card title={title}>
          <Explanation technicianId={me.technician.id} permission={permission} on={whole} />
        </Card>
      )}
      <Ask key={purpose} technicianId={me.technician.id} own kind={purpose ? targetsOf(purpose)[0] : undefined} />
    </div>
  );
}
