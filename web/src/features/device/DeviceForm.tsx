import { Select, Textarea, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import type { Device } from "@/api/types";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import { trialOf } from "@/features/access/effects";
import { useReview } from "@/features/access/review";
import { CustomerSelect } from "@/features/customer/CustomerSelect";
import { groupsQuery, platforms, saveDevice, tree } from "./data";
import { GroupSelect } from "./GroupSelect";

interface Values extends Record<string, unknown> {
  name: string;
  group_id: string | null;
  customer_id: string | null;
  platform: Device["platform"];
  description: string;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  device?: Device;
  onSaved?: (device: Device) => void;
}

/** Makes or changes a device. */
export function DeviceForm({ opened, onClose, device, onSaved }: Props) {
  const { t } = useTranslation();
  const groups = useQuery(groupsQuery).data ?? [];
  const initial: Values = {
    name: device?.name ?? "",
    group_id: device?.group_id ?? null,
    customer_id: device?.customer_id ?? null,
    platform: device?.platform ?? "windows",
    description: device?.description ?? "",
  };
  const review = useReview<Values>(
    ({ group_id, customer_id }) => device !== undefined && (group_id !== undefined || customer_id !== undefined),
    (_, changed) => trialOf("PATCH", `/api/devices/${device?.id}`, { version: device?.version, body: changed }),
  );
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={device ? t("device.edit") : t("device.new")}
      required={{ name: t("device.name") }}
      initial={initial}
      review={review}
      onSave={async (values, changed) => {
        const saved = await saveDevice(device ? changed : values, device);
        toast(t("saved", { name: saved.name }));
        onSaved?.(saved);
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("device.name")} required maxLength={200} data-autofocus {...form.getInputProps("name")} />
          <Select label={t("device.platform")} allowDeselect={false} data={platforms.map((p) => ({ value: p, label: t(`device.platforms.${p}`) }))} {...form.getInputProps("platform")} />
          <GroupSelect label={t("device.group")} placeholder={t("device.noGroup")} groups={tree(groups)} {...form.getInputProps("group_id")} />
          <CustomerSelect
            label={t("device.customer")}
            description={t("device.customerHelp")}
            clearable
            known={device?.customer_id ? { value: device.customer_id, label: device.customer_name } : null}
            {...form.getInputProps("customer_id")}
            value={form.values.customer_id}
          />
          <Textarea label={t("device.description")} autosize minRows={2} maxRows={8} maxLength={2000} {...form.getInputProps("description")} />
        </>
      )}
    </FormDrawer>
  );
}
