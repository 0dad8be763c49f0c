import { Checkbox, Input, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { Technician } from "@/api/types";
import { queries } from "@/app/services";
import { Confirm } from "@/components/Confirm";
import { RemoteMultiSelect } from "@/components/form/RemoteMultiSelect";
import { RemoteSelect } from "@/components/form/RemoteSelect";
import type { Selection } from "@/components/list/BulkBar";
import { toast } from "@/components/toast";
import { trialOf } from "@/features/access/effects";
import { EffectOf } from "@/features/access/review";
import { customerChoices } from "@/features/customer/data";
import { teamChoices } from "@/features/team/data";
import { type BulkAction, type BulkChoice, bulkRequest, changesRights, isComplete, isDangerous, noChoice } from "./bulk";
import { RoleSelect } from "./RoleSelect";
import classes from "./Technician.module.css";

interface Props {
  selection: Selection<Technician>;
  action: BulkAction | null;
  onClose: () => void;
}

const named = 5;

/** Says whom an action reaches and what it does, asks for what it needs, and starts it as a job. */
export function BulkDialog({ selection, action, onClose }: Props) {
  const { t } = useTranslation();
  const [choice, setChoice] = useState(noChoice);
  const close = () => {
    setChoice(noChoice);
    onClose();
  };
  if (action === null) {
    return null;
  }
  const { count, all, rows } = selection;
  const whom = all ? (count === null ? t("bulk.whomAll") : t("bulk.whomFilter", { count })) : t("bulk.whom", { count: count ?? 0 });
  const names = all ? [] : rows.map((x) => x.name);
  const started = () => {
    void queries.invalidateQueries({ queryKey: ["tasks"] });
    selection.clear();
    toast(t("bulk.started", { action: t(`bulk.action.${action}`) }));
  };
  return (
    <Confirm
      key={action}
      opened
      onClose={close}
      title={t(`bulk.action.${action}`)}
      action={count === null ? t("bulk.start") : t("bulk.startFor", { count })}
      danger={isDangerous(action)}
      typed={isDangerous(action) ? (count === null ? t("bulk.everybody") : String(count)) : undefined}
      ready={isComplete(action, choice)}
      onConfirm={async () => {
        await must(api.POST("/api/technicians/bulk", { body: bulkRequest(action, selection, choice) as never }));
        started();
      }}
      parameters={() => ({ ...bulkRequest(action, selection, choice) })}
      onDone={started}
    >
      <div className={classes.fields}>
        <p className={classes.question}>
          <strong>{whom}</strong>
          {names.length > 0 && (
            <>
              {" "}
              {names.slice(0, named).join(", ")}
              {names.length > named && ` ${t("technician.more", { count: names.length - named })}`}
            </>
          )}
        </p>
        <p className={classes.question}>{t(`bulk.text.${action}`)}</p>
        <Fields action={action} choice={choice} set={(values) => setChoice({ ...choice, ...values })} />
        <p className={classes.soft}>{t("bulk.each")}</p>
        {changesRights(action) && isComplete(action, choice) && <EffectOf trial={trialOf("POST", "/api/technicians/bulk", { body: bulkRequest(action, selection, choice) })} />}
      </div>
    </Confirm>
  );
}

function Fields({ action, choice, set }: { action: BulkAction; choice: BulkChoice; set: (values: Partial<BulkChoice>) => void }) {
  const { t } = useTranslation();
  switch (action) {
    case "assign_role":
      return (
        <RoleSelect
          value={{ platform_role: choice.role, platform_role_id: choice.platform_role_id }}
          onChange={(chosen) => set({ role: chosen.platform_role, platform_role_id: chosen.platform_role_id })}
        />
      );
    case "add_to_team":
    case "remove_from_team":
      return <RemoteSelect label={t("team.one")} placeholder={t("team.choose")} queryKey={["teams"]} load={teamChoices} value={choice.team_id || null} onChange={(id) => set({ team_id: id ?? "" })} />;
    case "assign_customers":
    case "remove_customers":
      return (
        <RemoteMultiSelect
          label={t("nav.customers")}
          placeholder={choice.customer_ids.length === 0 ? t("customer.choose") : undefined}
          queryKey={["customers"]}
          load={customerChoices}
          value={choice.customer_ids}
          onChange={(customer_ids) => set({ customer_ids })}
        />
      );
    case "notify":
      return (
        <>
          <TextInput label={t("bulk.subject")} maxLength={200} value={choice.subject} onChange={(e) => set({ subject: e.currentTarget.value })} />
          <Textarea label={t("bulk.message")} autosize minRows={4} maxRows={12} maxLength={5000} value={choice.body} onChange={(e) => set({ body: e.currentTarget.value })} />
          <Input.Wrapper label={t("bulk.ways")} description={t("bulk.waysHelp")} labelElement="div">
            <Checkbox.Group aria-label={t("bulk.ways")} value={choice.ways} onChange={(ways) => set({ ways })}>
              <div className={classes.ways}>
                <Checkbox value="email" label={t("bulk.way.email")} />
                <Checkbox value="sms" label={t("bulk.way.sms")} />
              </div>
            </Checkbox.Group>
          </Input.Wrapper>
        </>
      );
    default:
      return null;
  }
}
