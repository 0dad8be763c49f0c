import { Button, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { toast } from "@/components/toast";
import { ownRoleQuery, ownRoleTrial, platformRolesQuery, setOwnRole } from "./platformRoles";
import { EffectOf } from "./review";
import classes from "./Access.module.css";

interface Props {
  technicianId: string;
  /** The platform role that the technician has. */
  based: string;
}

/** Which of the organization’s own platform roles a technician has, where there are any. */
export function OwnPlatformRole({ technicianId, based }: Props) {
  const { t } = useTranslation();
  const roles = useQuery(platformRolesQuery);
  const own = useQuery({ ...ownRoleQuery(technicianId), enabled: (roles.data ?? []).length > 0 });
  const [wanted, setWanted] = useState<string | null>(null);
  const [asking, setAsking] = useState(false);
  if (!roles.data || roles.data.length === 0) {
    return roles.isError ? <ErrorState error={roles.error} retry={() => void roles.refetch()} compact /> : null;
  }
  const role = t(`role.${based as "manager"}`, { defaultValue: based });
  const fitting = roles.data.filter((r) => r.based_on === based);
  const now = own.data?.platform_role_id ?? "";
  const chosen = wanted ?? now;
  return (
    <Card title={t("rights.base.title")}>
      {own.isPending ? (
        <Loading rows={1} height={36} />
      ) : own.isError ? (
        <ErrorState error={own.error} retry={() => void own.refetch()} compact />
      ) : (
        <div className={classes.own}>
          {fitting.length === 0 ? (
            <p className={classes.soft}>{t("rights.base.noFit", { role })}</p>
          ) : (
            <>
              <Select
                label={t("rights.base.choose", { role })}
                data={[{ value: "", label: t("rights.base.keep", { role }) }, ...fitting.map((r) => ({ value: r.id, label: r.name }))]}
                value={chosen}
                allowDeselect={false}
                onChange={setWanted}
              />
              <div>
                <Button variant="default" disabled={chosen === now} onClick={() => setAsking(true)}>
                  {t("save")}
                </Button>
              </div>
            </>
          )}
          {asking && (
            <Confirm
              opened
              danger={false}
              onClose={() => setAsking(false)}
              title={t("rights.base.title")}
              action={t("save")}
              onConfirm={async () => {
                await setOwnRole(technicianId, chosen, own.data.version);
                setWanted(null);
                toast(t("rights.base.saved"));
              }}
            >
              {fitting.find((r) => r.id === chosen)?.name ?? t("rights.base.keep", { role })}
              <EffectOf trial={ownRoleTrial(technicianId, chosen, own.data.version)} />
            </Confirm>
          )}
        </div>
      )}
    </Card>
  );
}
