import { Button, PasswordInput, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import type { InvitationLink, SignedIn } from "@/api/types";
import { Callout } from "@/components/Callout";
import { formProblem } from "@/components/form/formProblem";
import { absolute } from "@/components/time";
import { passkeyText } from "@/features/factor/data";
import { canUsePasskeys, createPasskey, PasskeyError } from "@/features/factor/passkey";
import { timeZones } from "@/features/settings/zones";
import entry from "@/features/signin/Entry.module.css";
import classes from "./Join.module.css";

interface Props {
  token: string;
  invitation: InvitationLink;
  onJoined: (answer: SignedIn & { recovery_codes: string[] }) => void;
}

type Way = "passkey" | "password";

/** Name, way to sign in, time zone: everything that a first day needs. */
export function JoinForm({ token, invitation, onJoined }: Props) {
  const { i18n, t } = useTranslation();
  const possible = canUsePasskeys();
  const [way, setWay] = useState<Way>(possible ? "passkey" : "password");
  const labelled = useId();
  const form = useForm({
    initialValues: { given_name: invitation.given_name, family_name: invitation.family_name, time_zone: ownZone(invitation.time_zone), password: "" },
  });
  const join = useMutation({
    mutationFn: async () => {
      const { password, ...about } = form.values;
      const body = { token, locale: i18n.language, ...about };
      if (way === "password") {
        return must(api.POST("/api/session/invitation/accept", { body: { ...body, password } }));
      }
      const asked = await must(api.POST("/api/session/invitation/passkey-options", { body: { token } }));
      const credential = await createPasskey(asked.options);
      const passkey = { challenge_id: asked.challenge_id, name: t("join.passkeyName", { name: about.given_name || invitation.name }).slice(0, 60), credential: credential as never };
      return must(api.POST("/api/session/invitation/accept", { body: { ...body, passkey } }));
    },
    onSuccess: onJoined,
    onError: (error) => form.setErrors(formProblem(error, form.values, t).byField),
  });
  return (
    <form
      className={entry.form}
      onSubmit={(event) => {
        event.preventDefault();
        form.clearErrors();
        join.mutate();
      }}
    >
      {join.isError && <Callout tone="denied">{join.error instanceof PasskeyError ? passkeyText(join.error, t) : formProblem(join.error, form.values, t).summary.text}</Callout>}
      <div className={classes.two}>
        <TextInput label={t("technician.givenName")} autoComplete="given-name" {...form.getInputProps("given_name")} />
        <TextInput label={t("technician.familyName")} autoComplete="family-name" {...form.getInputProps("family_name")} />
      </div>
      <Select label={t("settings.zone")} data={timeZones()} searchable allowDeselect={false} {...form.getInputProps("time_zone")} />
      <div className={classes.way} role="group" aria-labelledby={labelled}>
        <span id={labelled} className={classes.label}>
          {t("join.how")}
        </span>
        {possible && (
          <SegmentedControl
            fullWidth
            value={way}
            onChange={(value) => setWay(value as Way)}
            aria-labelledby={labelled}
            data={[
              { value: "passkey", label: t("join.passkey") },
              { value: "password", label: t("join.password") },
            ]}
          />
        )}
        <p className={classes.help}>{way === "passkey" ? t("join.passkeyText") : possible ? null : t("join.passkeyNone")}</p>
      </div>
      {/* Password managers look for the name beside the password. */}
      <input type="email" autoComplete="username" value={invitation.email} readOnly hidden />
      {way === "password" && (
        <PasswordInput
          label={t("join.password")}
          description={t("join.passwordHelp", { count: invitation.password_min_length })}
          autoComplete="new-password"
          required
          visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
          {...form.getInputProps("password")}
        />
      )}
      <Button type="submit" size="md" loading={join.isPending}>
        {way === "passkey" ? t("join.submitPasskey") : t("join.submit")}
      </Button>
      <p className={classes.until}>{t("join.until", { time: absolute(new Date(invitation.expires_at), i18n.language, form.values.time_zone) })}</p>
    </form>
  );
}

/** The browser's own zone; the one that was entered for the person where the browser does not tell. */
function ownZone(known: string): string {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return zone && timeZones().includes(zone) ? zone : known;
}
