import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { ApiError } from "@/api/problem";
import type { SignedIn } from "@/api/types";
import { Callout } from "@/components/Callout";
import { CodeField } from "@/components/CodeField";
import { passkeyText } from "@/features/factor/data";
import { canUsePasskeys } from "@/features/factor/passkey";
import { Entry } from "./Entry";
import classes from "./Entry.module.css";
import { signInWithPasskey } from "./passkeys";
import { ways, type Way } from "./ways";

interface Props {
  methods: readonly string[];
  onDone: (answer: SignedIn) => void;
  /** Back to the first step, with what to say there. */
  onRestart: (error: unknown) => void;
}

/** The second step of a sign-in: a code, a recovery code, or a passkey or security key. */
export function SecondStep({ methods, onDone, onRestart }: Props) {
  const { t } = useTranslation();
  const possible = ways(methods, canUsePasskeys());
  const [way, setWay] = useState<Way | undefined>(possible[0]);
  const [recovery, setRecovery] = useState("");
  const onError = (error: unknown) => {
    // The half-made sign-in is over: too many wrong codes, or ten minutes have passed.
    if (error instanceof ApiError && error.status === 401) {
      onRestart(error);
    }
  };
  const code = useMutation({ mutationFn: (value: string) => must(api.POST("/api/session/factor", { body: { code: value } })), onSuccess: onDone, onError });
  const passkey = useMutation({ mutationFn: () => signInWithPasskey(), onSuccess: onDone, onError });
  const error = way === "passkey" ? passkey.error : code.error;
  return (
    <Entry title={t("second.title")} text={way ? t(`second.${texts[way]}`) : undefined}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          code.mutate(recovery.trim());
        }}
      >
        {error !== null && <Callout tone={isChanged(error) ? "pending" : "denied"}>{isChanged(error) ? t("passkey.changedText") : passkeyText(error, t)}</Callout>}
        {way === "totp" && (
          <CodeField
            digits={6}
            own
            label={t("second.appLabel")}
            busy={code.isPending || code.isSuccess}
            wrong={code.isError}
            attempt={code.submittedAt}
            onCode={(value) => code.mutate(value)}
          />
        )}
        {way === "recovery_code" && (
          <>
            <TextInput
              label={t("second.recoveryLabel")}
              placeholder="xxxxx-xxxxx"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              autoFocus
              required
              value={recovery}
              onChange={(e) => setRecovery(e.currentTarget.value)}
            />
            <Button type="submit" size="md" loading={code.isPending}>
              {t("second.check")}
            </Button>
          </>
        )}
        {way === "passkey" && (
          <Button size="md" leftSection={<Fingerprint size={18} />} loading={passkey.isPending} autoFocus onClick={() => passkey.mutate()}>
            {t("second.usePasskey")}
          </Button>
        )}
        {!way && <Callout tone="pending">{t("second.nothing")}</Callout>}
        <div className={classes.others}>
          {possible
            .filter((other) => other !== way)
            .map((other) => (
              <Button
                key={other}
                variant="subtle"
                onClick={() => {
                  code.reset();
                  passkey.reset();
                  setWay(other);
                }}
              >
                {t(`second.${others[other]}`)}
              </Button>
            ))}
          <Button variant="subtle" color="gray" onClick={() => onRestart(null)}>
            {t("second.restart")}
          </Button>
        </div>
        <p className={classes.text}>{t("second.lost")}</p>
      </form>
    </Entry>
  );
}

const texts = { totp: "app", recovery_code: "recovery", passkey: "passkey" } as const;
const others = { totp: "useApp", recovery_code: "useRecovery", passkey: "usePasskey" } as const;

function isChanged(error: unknown): boolean {
  return error instanceof ApiError && error.code === "factor.passkey_changed";
}
