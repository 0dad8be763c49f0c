import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Pencil, Trash2 } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, ifMatch, must } from "@/api/client";
import { useCan } from "@/app/me";
import { goTo } from "@/app/navigate";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { Detail, Facts } from "@/components/Detail";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { RelativeTime } from "@/components/RelativeTime";
import { toast } from "@/components/toast";
import { Who } from "@/features/access";
import { trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { Activity } from "@/features/auditlog/Activity";
import { deviceQuery, renew } from "./data";
import { DeviceForm } from "./DeviceForm";

/** One device. */
export function DevicePage() {
  const { t } = useTranslation();
  const can = useCan();
  const { id } = useParams({ strict: false }) as { id: string };
  const query = useQuery(deviceQuery(id));
  const [open, setOpen] = useState<"edit" | "delete" | null>(null);
  if (query.isPending) {
    return <Loading rows={6} height={48} />;
  }
  const device = query.data;
  if (!device) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  const gone = () => {
    goTo("/devices");
    renew();
    toast(t("deleted", { name: device.name }));
  };
  const remove = async () => {
    await must(api.DELETE("/api/devices/{id}", { params: { path: { id }, header: ifMatch(device.version) } }));
    gone();
  };
  return (
    <>
      <Detail
        back={{ to: "/devices", label: t("nav.devices") }}
        title={device.name}
        subtitle={t(`device.platforms.${device.platform}`)}
        actions={
          <GuardedButton needs="admin.devices" variant="default" leftSection={<Pencil size={15} />} onClick={() => setOpen("edit")}>
            {t("edit")}
          </GuardedButton>
        }
        facts={
          <>
            <Card title={t("contact.facts")}>
              <Facts
                items={[
                  [t("device.customer"), device.customer_id ? <Link key="customer" to={`/customers/${device.customer_id}`}>{device.customer_name}</Link> : t("device.noCustomer")],
                  [
                    t("device.group"),
                    device.group_id ? (
                      <Link key="group" to="/devices" search={{ group_id: device.group_id } as never}>
                        {device.group_name}
                      </Link>
                    ) : (
                      t("device.noGroup")
                    ),
                  ],
                  [t("device.since"), <RelativeTime key="since" at={device.created_at} />],
                  [t("device.changed"), <RelativeTime key="changed" at={device.updated_at} />],
                ]}
              />
            </Card>
            {can("device.delete") && (
              <Button variant="subtle" color="red" justify="flex-start" leftSection={<Trash2 size={15} />} onClick={() => setOpen("delete")}>
                {t("device.delete")}
              </Button>
            )}
          </>
        }
      >
        {device.description && <Card title={t("device.description")}>{device.description}</Card>}
        {(can("admin.technicians") || can("admin.roles")) && (
          <Suspense fallback={<Loading rows={4} height={40} />}>
            <Who on={{ type: "device", id }} />
          </Suspense>
        )}
        {can("admin.audit") && <Activity target={id} />}
      </Detail>
      <DeviceForm key={device.version} opened={open === "edit"} onClose={() => setOpen(null)} device={device} />
      <Confirm opened={open === "delete"} onClose={() => setOpen(null)} title={t("device.delete")} action={t("delete")} danger onConfirm={remove} onDone={gone}>
        {t("device.deleteText", { name: device.name })}
        <EffectOf trial={trialOf("DELETE", `/api/devices/${id}`, { version: device.version })} />
      </Confirm>
    </>
  );
}
