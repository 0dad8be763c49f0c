import { Button, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { MailCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { formProblem } from "@/components/form/formProblem";
import { RoleSelect } from "@/features/technician/RoleSelect";
import classes from "./Setup.module.css";

const empty = { email: "", platform_role: "technician", platform_role_id: "" };

/** Invites colleagues one after the other by address and role; they fill in the rest themselves. */
export function Invite() {
  const { t } = useTranslation();
  const form = useForm({ initialValues: empty });
  const [invited, setInvited] = useState<string[]>([]);
  const invite = useMutation({
    mutationFn: () => must(api.POST("/api/technicians/invite", { body: form.values as never })),
    onSuccess: () => {
      setInvited((all) => [...all, form.values.email]);
      form.setFieldValue("email", "");
      void queries.invalidateQueries({ queryKey: ["technicians"] });
    },
    onError: (error) => {
      form.setErrors(formProblem(error, empty, t).byField);
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        form.clearErrors();
        invite.mutate();
      }}
    >
      <div className={classes.invite}>
        <TextInput label={t("signin.email")} type="email" required autoComplete="off" {...form.getInputProps("email")} />
        <RoleSelect below value={form.values} onChange={(chosen) => form.setValues(chosen)} error={form.errors.platform_role ?? form.errors.platform_role_id} />
        {invite.isError && <Callout tone="denied">{formProblem(invite.error, empty, t).summary.text}</Callout>}
        <Button type="submit" loading={invite.isPending}>
          {t("welcome.send")}
        </Button>
      </div>
      <ul className={classes.invited} aria-live="polite">
        {invited.map((email) => (
          <li key={email}>
            <MailCheck size={16} aria-hidden="true" />
            {t("welcome.sent", { email })}
          </li>
        ))}
      </ul>
    </form>
  );
}
