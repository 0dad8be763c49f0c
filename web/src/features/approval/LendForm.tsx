import { Select, Textarea } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { Place } from "@/api/types";
import { goTo } from "@/app/navigate";
import { FormDrawer } from "@/components/form/FormDrawer";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import { toast } from "@/components/toast";
import { isOneOf, kindOf, placeOf, type TargetKind, targetsOf } from "@/features/access/catalogue";
import { targetChoices } from "@/features/access/places";
import { askFor } from "./data";
import { TicketField } from "./TicketField";

interface Values extends Record<string, unknown> {
  kind: TargetKind;
  id: string | null;
  role_id: string | null;
  minutes: string;
  reason: string;
  ticket_id: string | null;
}

interface Props {
  /** What access is asked for to, where that is known. */
  on?: Place;
  /** The permission that is missing: roles that hold it are offered. */
  permission?: string;
  onClose: () => void;
}

const kinds = ["customer", "device", "device_group", "all_customers", "all_devices", "quick_support", "team"] as const satisfies readonly TargetKind[];
const spans = ["30", "60", "240", "480", "1440", "4320", "10080", "43200"] as const;
const queryKeys = { device: "devices", device_group: "device-groups", customer: "customers" } as const;

const lendableQuery = {
  queryKey: ["roles", "lendable"],
  queryFn: async () => (await must(api.GET("/api/lendable-roles"))).items,
};

/** Asks for a role on something for a while (ACC-31). */
export function LendForm({ on, permission, onClose }: Props) {
  const { t } = useTranslation();
  const roles = useQuery(lendableQuery).data ?? [];
  const initial: Values = { kind: on ? kindOf(on) : "customer", id: on?.id || null, role_id: null, minutes: "240", reason: "", ticket_id: null };
  return (
    <FormDrawer
      opened
      onClose={onClose}
      title={t("approval.lend.title")}
      save={t("approval.ask.send")}
      required={{ role_id: t("approval.lend.role"), reason: t("approval.ask.reason") }}
      initial={initial}
      onSave={async ({ kind, id, role_id, minutes, reason, ticket_id }) => {
        if (isOneOf(kind) && !id) {
          throw missing("/id", t("form.requiredField", { field: t(`approval.lend.which.${kind}`) }));
        }
        const asked = { action: "grant", parameters: { role_id, scope: placeOf(kind, id), minutes: Number(minutes) } };
        const request = await askFor(asked, { reason, ticketId: ticket_id ?? undefined }).catch(asFields);
        toast(t("approval.lend.sent"));
        goTo(`/approvals/${request.id}`);
      }}
    >
      {(form) => {
        const { kind, id } = form.values;
        // Roles of devices and of customers both fit a customer; where a permission is missing, those that hold it.
        const fitting = roles.filter((r) => targetsOf(r.purpose).includes(kind) && (!permission || r.permissions.includes(permission)));
        return (
          <>
            <p>{t("approval.lend.text")}</p>
            <Select
              label={t("approval.lend.on")}
              data={kinds.map((value) => ({ value, label: t(`approval.lend.place.${value}`) }))}
              allowDeselect={false}
              value={kind}
              onChange={(next) => next && form.setValues({ kind: next as TargetKind, id: null, role_id: null })}
            />
            {isOneOf(kind) && (
              <RemoteSelect
                key={kind}
                label={t(`approval.lend.which.${kind}`)}
                queryKey={[queryKeys[kind]]}
                load={(q) => targetChoices(kind, q)}
                known={on?.id && on.id === id ? { value: on.id, label: on.name ?? "" } : null}
                value={id}
                onChange={(next) => form.setFieldValue("id", next)}
                error={form.errors.id}
                required
              />
            )}
            <Select
              label={t("approval.lend.role")}
              description={fitting.length === 0 ? t("approval.lend.noRoles") : (fitting.find((r) => r.id === form.values.role_id)?.description || t("approval.lend.roleHelp"))}
              required
              searchable
              data={fitting.map((r) => ({ value: r.id, label: r.name }))}
              {...form.getInputProps("role_id")}
            />
            <Select label={t("approval.lend.minutes")} data={spans.map((value) => ({ value, label: t(`approval.lend.spans.${value}`) }))} allowDeselect={false} {...form.getInputProps("minutes")} />
            <Textarea label={t("approval.ask.reason")} description={t("approval.ask.reasonHelp")} required autosize minRows={2} maxRows={6} maxLength={500} {...form.getInputProps("reason")} />
            <TicketField value={form.values.ticket_id} onChange={(next) => form.setFieldValue("ticket_id", next)} error={form.errors.ticket_id} />
          </>
        );
      }}
    </FormDrawer>
  );
}

function missing(pointer: string, message: string): ApiError {
  return new ApiError({ title: message, status: 422, errors: [{ pointer, message }] });
}

// The server names parameters of the action; the form has its own fields for them.
function asFields(error: unknown): never {
  if (error instanceof ApiError && error.problem.errors) {
    const errors = error.problem.errors.map((e) => ({ ...e, pointer: e.pointer.replace(/^\/parameters\/scope.*/, "/id").replace(/^\/parameters\//, "/") }));
    throw new ApiError({ ...error.problem, errors }, error.retryAfter);
  }
  throw error;
}
