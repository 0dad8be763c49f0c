import { Select, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { ApiError } from "@/api/problem";
import { FormDrawer } from "@/components/form/FormDrawer";
import { toast } from "@/components/toast";
import { isOneOf, type Part, placeOf, purposeFor, type TargetKind, targetsIn } from "./catalogue";
import { give, giveTrial, type NewGrant, rolesQuery, type Subject } from "./data";
import { useReview } from "./review";
import { TargetFields } from "./TargetFields";
import { fromField, isSpan } from "./times";
import { TimeFields } from "./TimeFields";

interface Values extends Record<string, unknown> {
  kind: TargetKind;
  scope: string | null;
  role_id: string | null;
  not_before: string;
  expires_at: string;
  reason: string;
}

interface Props {
  subject: Subject;
  part: Part;
  onClose: () => void;
}

/** Gives a role: first the target, then one of the roles that fit it. */
export function GrantForm({ subject, part, onClose }: Props) {
  const { t } = useTranslation();
  const roles = useQuery(rolesQuery).data ?? [];
  const kinds = targetsIn(part);
  const grantOf = ({ kind, scope, role_id, not_before, expires_at, reason }: Values): NewGrant => {
    if (isOneOf(kind) && !scope) {
      throw invalid("/scope", t("form.requiredField", { field: t(`rights.which.${kind}`) }));
    }
    if (!isSpan(not_before, expires_at)) {
      throw invalid("/expires_at", t("rights.order"));
    }
    return {
      subject: { type: subject.type, id: subject.id },
      role_id: role_id ?? "",
      scope: placeOf(kind, scope),
      not_before: fromField(not_before),
      expires_at: fromField(expires_at),
      reason,
    };
  };
  const review = useReview<Values>(() => true, (values) => giveTrial(grantOf(values)));
  const initial: Values = { kind: part === "devices" ? "device_group" : (kinds[0] ?? "customer"), scope: null, role_id: null, not_before: "", expires_at: "", reason: "" };
  return (
    <FormDrawer
      opened
      onClose={onClose}
      title={t("rights.giveTo", { name: subject.name })}
      save={t("rights.give")}
      required={{ role_id: t("rights.roleField") }}
      initial={initial}
      review={review}
      onSave={async (values) => {
        await give(grantOf(values));
        toast(t("rights.given"));
      }}
    >
      {(form) => {
        const { kind } = form.values;
        const purpose = purposeFor(part, kind);
        const fitting = roles.filter((role) => role.purpose === purpose);
        return (
          <>
            <TargetFields
              kinds={kinds}
              kind={kind}
              onKind={(next) => form.setValues({ kind: next, scope: null, role_id: purposeFor(part, next) === purpose ? form.values.role_id : null })}
              id={form.values.scope}
              onId={(id) => form.setFieldValue("scope", id)}
              error={form.errors.scope}
              ofDevices={part === "devices"}
            />
            <Select
              label={t("rights.roleField")}
              description={fitting.length === 0 ? t("rights.noRoles") : t("rights.roleHelp")}
              required
              searchable
              data={fitting.map((role) => ({ value: role.id, label: role.name }))}
              {...form.getInputProps("role_id")}
            />
            <TimeFields form={form} />
            <TextInput label={t("rights.reason")} description={t("rights.reasonHelp")} maxLength={500} {...form.getInputProps("reason")} />
          </>
        );
      }}
    </FormDrawer>
  );
}

/** A fault that is found before the server is asked, told as the server tells its own. */
export function invalid(pointer: string, message: string): ApiError {
  return new ApiError({ title: message, status: 422, errors: [{ pointer, message }] });
}
