import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { FileUp, MonitorSmartphone, Plus } from "lucide-react";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Query } from "@/api/types";
import { goTo } from "@/app/navigate";
import { useNew } from "@/app/useNew";
import { EmptyState } from "@/components/EmptyState";
import { GuardedButton } from "@/components/GuardedButton";
import { List } from "@/components/list/List";
import { PageHeader } from "@/components/PageHeader";
import { RelativeTime } from "@/components/RelativeTime";
import { CustomerFilter } from "@/features/customer/CustomerFilter";
import { groupsQuery, platforms, tree } from "./data";
import classes from "./Device.module.css";
import { DeviceForm } from "./DeviceForm";
import { GroupSelect } from "./GroupSelect";
import { GroupTree } from "./GroupTree";

/** The devices, with the tree of their groups beside them. */
export function DevicesPage() {
  const { t } = useTranslation();
  const [creating, setCreating] = useNew();
  const { data: groups = [] } = useQuery(groupsQuery);
  const placed = useMemo(() => tree(groups), [groups]);
  const add = (
    <GuardedButton needs="admin.devices" leftSection={<Plus size={16} />} onClick={() => setCreating(true)}>
      {t("device.new")}
    </GuardedButton>
  );
  return (
    <>
      <PageHeader
        title={t("nav.devices")}
        actions={
          <>
            <GuardedButton needs="admin.import" variant="default" leftSection={<FileUp size={15} />} onClick={() => goTo("/import/devices")}>
              {t("device.import")}
            </GuardedButton>
            {add}
          </>
        }
      />
      <div className={classes.columns}>
        <GroupTree groups={groups} />
        <List
          name="devices"
          label={t("nav.devices")}
          queryKey={["devices"]}
          load={(query: Query<"/api/devices">, signal: AbortSignal) => must(api.GET("/api/devices", { params: { query }, signal }))}
          rowId={(x) => x.id}
          href={(x) => `/devices/${x.id}`}
          secondary={(x) => x.customer_name || t("device.noCustomer")}
          defaultSort="name"
          exportHref="/api/devices.csv"
          filters={[
            { key: "customer_id", label: t("device.customer"), render: (value, set) => <CustomerFilter value={value} onChange={set} /> },
            {
              key: "group_id",
              label: t("device.group"),
              render: (value, set) => (
                <GroupSelect
                  w={200}
                  radius="xl"
                  aria-label={t("device.group")}
                  placeholder={t("device.all")}
                  groups={placed}
                  value={value ?? null}
                  onChange={(v) => set(v ?? undefined)}
                />
              ),
            },
            {
              key: "platform",
              label: t("device.platform"),
              render: (value, set) => (
                <Select
                  w={170}
                  radius="xl"
                  clearable
                  aria-label={t("device.platform")}
                  placeholder={t("device.anyPlatform")}
                  data={platforms.map((p) => ({ value: p, label: t(`device.platforms.${p}`) }))}
                  value={value ?? null}
                  onChange={(v) => set(v ?? undefined)}
                />
              ),
            },
          ]}
          empty={<EmptyState icon={MonitorSmartphone} title={t("device.none")} text={t("device.noneText")} action={add} />}
          columns={[
            { key: "name", header: t("device.name"), sort: "name", cell: (x) => x.name },
            { key: "customer", header: t("device.customer"), hide: "phone", cell: (x) => x.customer_name },
            { key: "group", header: t("device.group"), hide: "phone", cell: (x) => x.group_name },
            { key: "platform", header: t("device.platform"), width: "110px", hide: "phone", cell: (x) => t(`device.platforms.${x.platform}`) },
            { key: "description", header: t("device.description"), optional: true, hide: "tablet", cell: (x) => x.description },
            { key: "since", header: t("device.since"), sort: "created_at", width: "150px", optional: true, hide: "tablet", cell: (x) => <RelativeTime at={x.created_at} /> },
          ]}
        />
      </div>
      <DeviceForm opened={creating} onClose={() => setCreating(false)} onSaved={(device) => goTo(`/devices/${device.id}`)} />
    </>
  );
}
