import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { type KeyKind, passkeyText, renewFactors } from "./data";
import classes from "./Factor.module.css";
import { createPasskey } from "./passkey";

interface Props {
  kind: KeyKind;
  name: string;
  /** The key that goes once the new one is there. */
  replaces?: string;
  onMade: (name: string, recoveryCodes: string[]) => void;
}

/** Makes a passkey, or registers a security key, with the help of the browser. */
export function KeyMaker({ kind, name: suggested, replaces, onMade }: Props) {
  const { t } = useTranslation();
  const [name, setName] = useState(suggested);
  const make = useMutation({
    mutationFn: async () => {
      const { challenge_id, options } = await must(api.POST("/api/me/passkeys/options", { body: { kind, ...(replaces ? { replaces } : {}) } }));
      const credential = await createPasskey(options);
      return must(api.POST("/api/me/passkeys", { body: { challenge_id, name: name.trim() || suggested, credential: credential as never } }));
    },
    onSuccess: async (key) => {
      await renewFactors();
      onMade(key.name, key.recovery_codes);
    },
  });
  return (
    <form
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        make.mutate();
      }}
    >
      {make.isError && <Callout tone="denied">{passkeyText(make.error, t)}</Callout>}
      <TextInput
        label={t("factor.name")}
        description={t("factor.nameHelp")}
        value={name}
        maxLength={60}
        autoComplete="off"
        data-autofocus
        onChange={(e) => setName(e.currentTarget.value)}
      />
      <Button type="submit" loading={make.isPending}>
        {t("factor.create")}
      </Button>
      <p className={classes.note} role="status">
        {make.isPending ? t("factor.browser") : ""}
      </p>
    </form>
  );
}
