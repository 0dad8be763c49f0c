import { MonitorSmartphone } from "lucide-react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { goTo } from "@/app/navigate";
import { EmptyState } from "@/components/EmptyState";
import { GuardedButton } from "@/components/GuardedButton";
import { List } from "@/components/list/List";

/** The devices of a customer. */
export function DevicesTab({ id }: { id: string }) {
  const { t } = useTranslation();
  return (
    <List
      label={t("nav.devices")}
      queryKey={["devices"]}
      load={(query: Query<"/api/devices">, signal: AbortSignal) => must(api.GET("/api/devices", { params: { query }, signal }))}
      rowId={(x) => x.id}
      href={(x) => `/devices/${x.id}`}
      secondary={(x) => x.group_name}
      fixed={{ customer_id: id }}
      defaultSort="name"
      exportHref="/api/devices.csv"
      empty={
        <EmptyState
          icon={MonitorSmartphone}
          title={t("customer.noDevices")}
          text={t("customer.noDevicesText")}
          action={
            <GuardedButton needs="admin.devices" variant="default" onClick={() => goTo("/devices?new=1")}>
              {t("device.new")}
            </GuardedButton>
          }
        />
      }
      columns={[
        { key: "name", header: t("device.name"), sort: "name", cell: (x) => x.name },
        { key: "group", header: t("device.group"), hide: "phone", cell: (x) => x.group_name },
        { key: "platform", header: t("device.platform"), width: "130px", hide: "phone", cell: (x) => t(`device.platforms.${x.platform}`) },
        { key: "description", header: t("device.description"), hide: "tablet", cell: (x) => x.description },
      ]}
    />
  );
}
