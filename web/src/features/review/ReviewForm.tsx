import { Checkbox, NumberInput, Radio, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { AccessReview } from "@/api/types";
import { useCan } from "@/app/me";
import { choicesOf, useNames } from "@/app/useNames";
import { FormDrawer } from "@/components/form/FormDrawer";
import { RemoteMultiSelect } from "@/components/form/RemoteMultiSelect";
import { toast } from "@/components/toast";
import { fromField, toField } from "@/features/access/times";
import { customerChoices } from "@/features/customer/data";
import { teamChoices } from "@/features/team/data";
import { change, create } from "./data";
import { quarterOf } from "./quarter";

interface Values extends Record<string, unknown> {
  name: string;
  team_ids: string[];
  customer_ids: string[];
  starts_at: string;
  due_at: string;
  unanswered: "revoke" | "keep";
  remind_days: number | string;
  repeats: boolean;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  review?: AccessReview;
  onSaved?: (review: AccessReview) => void;
}

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

// What a new one begins with, settled once.
const usual = () => ({ name: quarterOf(new Date()), due: inDays(14) });

/** Plans a review of access or changes one: of whom, until when, and what becomes of what nobody answers. */
export function ReviewForm({ opened, onClose, review, onSaved }: Props) {
  const { t } = useTranslation();
  const revokes = useCan()("admin.technicians");
  const [{ name, due }] = useState(usual);
  const initial: Values = {
    name: review?.name ?? name,
    team_ids: review?.team_ids ?? [],
    customer_ids: review?.customer_ids ?? [],
    starts_at: review ? toField(review.starts_at) : "",
    due_at: toField(review?.due_at ?? due),
    unanswered: review?.unanswered ?? "keep",
    remind_days: review?.remind_days ?? 3,
    repeats: review?.repeats ?? true,
  };
  const begun = review !== undefined && review.state !== "planned";
  const teams = useNames("teams", opened ? initial.team_ids : []);
  const customers = useNames("customers", opened ? initial.customer_ids : []);
  return (
    <FormDrawer
      opened={opened}
      onClose={onClose}
      title={review ? t("review.edit") : t("review.new")}
      save={review ? undefined : t("review.begin")}
      required={{ name: t("review.name"), due_at: t("review.ends") }}
      initial={initial}
      onSave={async (values, changed) => {
        const times = { starts_at: fromField(values.starts_at), due_at: fromField(values.due_at) };
        const fields = { ...values, ...times, remind_days: Number(values.remind_days) || 0 };
        const altered = Object.fromEntries(Object.entries(fields).filter(([key]) => key in changed));
        const saved = review ? await change(review, altered) : await create(fields);
        toast(t("saved", { name: saved.name }));
        onSaved?.(saved);
      }}
    >
      {(form) => (
        <>
          <TextInput label={t("review.name")} description={t("review.nameHelp")} required maxLength={100} data-autofocus {...form.getInputProps("name")} />
          {!begun && (
            <>
              <RemoteMultiSelect label={t("nav.teams")} description={t("review.teamsHelp")} queryKey={["teams"]} load={teamChoices} known={choicesOf(teams)} {...form.getInputProps("team_ids")} value={form.values.team_ids} />
              <RemoteMultiSelect label={t("nav.customers")} description={t("review.customersHelp")} queryKey={["customers"]} load={customerChoices} known={choicesOf(customers)} {...form.getInputProps("customer_ids")} value={form.values.customer_ids} />
              <TextInput type="datetime-local" label={t("review.starts")} description={t("review.startsHelp")} {...form.getInputProps("starts_at")} />
            </>
          )}
          <TextInput type="datetime-local" label={t("review.ends")} description={t("review.endsHelp")} required {...form.getInputProps("due_at")} />
          <Radio.Group label={t("review.unanswered")} {...form.getInputProps("unanswered")}>
            <Stack gap="xs" mt="xs">
              <Radio value="keep" label={t("review.keep")} description={t("review.keepHelp")} />
              <Radio value="revoke" disabled={!revokes} label={t("review.revoke")} description={revokes ? t("review.revokeHelp") : t("review.revokeDenied")} />
            </Stack>
          </Radio.Group>
          <NumberInput label={t("review.remind")} description={t("review.remindHelp")} min={0} max={30} allowDecimal={false} {...form.getInputProps("remind_days")} />
          <Checkbox label={t("review.repeats")} description={t("review.repeatsHelp")} {...form.getInputProps("repeats", { type: "checkbox" })} />
        </>
      )}
    </FormDrawer>
  );
}
