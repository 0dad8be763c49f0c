import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { DeviceGroup } from "@/api/types";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import { trialOf } from "@/features/access/effects";
import { useReview } from "@/features/access/review";
import { CustomerSelect } from "@/features/customer/CustomerSelect";
import { parentsFor, saveGroup } from "./data";
import { GroupSelect } from "./GroupSelect";

interface Values extends Record<string, unknown> {
  name: string;
  parent_id: string | null;
  customer_id: string | null;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  groups: DeviceGroup[];
  group?: DeviceGroup;
  parent?: DeviceGroup;
}

/** Makes or changes a group of devices. */
export function GroupForm({ opened, onClose, groups, group, parent }: Props) {
  const { t } = useTranslation();
  const initial: Values = { name: group?.name ?? "", parent_id: group ? group.parent_id : (parent?.id ?? null), customer_id: group?.customer_id ?? null };
  const review = useReview<Values>(
    ({ parent_id, customer_id }) => group !== undefined && (parent_id !== undefined || customer_id !== undefined),
    (_, changed) => trialOf("PATCH", `/api/device-groups/${group?.id}`, { version: group?.version, body: changed }),
  );
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={group ? t("device.groupEdit", { name: group.name }) : parent ? t("device.groupIn", { name: parent.name }) : t("device.groupNew")}
      required={{ name: t("device.name") }}
      initial={initial}
      review={review}
      onSave={async (values, changed) => {
        const saved = await saveGroup(group ? changed : { ...values, customer_id: values.parent_id ? null : values.customer_id }, group);
        toast(t("saved", { name: saved.name }));
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("device.name")} required maxLength={200} data-autofocus {...form.getInputProps("name")} />
          <GroupSelect label={t("device.groupParent")} description={t("device.groupParentHelp")} groups={parentsFor(groups, group?.id)} {...form.getInputProps("parent_id")} />
          {!form.values.parent_id && (
            <CustomerSelect
              label={t("device.customer")}
              description={t("device.groupCustomerHelp")}
              clearable
              known={group?.customer_id ? { value: group.customer_id, label: group.customer_name } : null}
              {...form.getInputProps("customer_id")}
              value={form.values.customer_id}
            />
          )}
        </>
      )}
    </FormDrawer>
  );
}
