import { Button, PasswordInput, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Fingerprint } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { meQuery } from "@/app/me";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { Dialog } from "@/components/Dialog";
import { formProblem } from "@/components/form/formProblem";
import { Loading } from "@/components/Loading";
import { passkeyText } from "@/features/factor/data";
import { canUsePasskeys } from "@/features/factor/passkey";
import { signInWithPasskey } from "@/features/signin/passkeys";
import { proofsOf } from "./proofs";
import classes from "./Security.module.css";

/** Asks for a passkey, or for the password and, where there is a second factor, a code. */
export function Reauthenticate({ onDone }: { onDone: (proved: boolean) => void }) {
  const { t } = useTranslation();
  const { data: me, isPending } = useQuery(meQuery);
  const proofs = proofsOf(me?.session?.proofs ?? [], canUsePasskeys());
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const onSuccess = () => {
    void queries.invalidateQueries({ queryKey: meQuery.queryKey });
    onDone(true);
  };
  const passkey = useMutation({ mutationFn: () => signInWithPasskey(), onSuccess });
  const typed = useMutation({
    mutationFn: () => must(api.POST("/api/session/reauthenticate", { body: { password, ...(proofs.code ? { code: code.trim() } : {}) } })),
    onSuccess,
    onError: () => setCode(""),
  });
  const { byField, summary } = formProblem(typed.error, { password: "", code: "" }, t);
  return (
    <EscapeHere onEscape={() => onDone(false)}>
      <Dialog opened onClose={() => onDone(false)} title={t("prove.title")}>
        {isPending ? (
          <Loading rows={2} height={36} />
        ) : (
          <form
            className={classes.prove}
            onSubmit={(event) => {
              event.preventDefault();
              passkey.reset();
              typed.mutate();
            }}
          >
            <p>{t("prove.text")}</p>
            {passkey.isError && <Callout tone="denied">{passkeyText(passkey.error, t)}</Callout>}
            {typed.isError && Object.keys(byField).length === 0 && <Callout tone="denied">{summary.text}</Callout>}
            {proofs.passkey && (
              <Button
                variant={proofs.password ? "default" : "filled"}
                leftSection={<Fingerprint size={16} />}
                loading={passkey.isPending}
                data-autofocus
                onClick={() => {
                  typed.reset();
                  passkey.mutate();
                }}
              >
                {t("prove.passkey")}
              </Button>
            )}
            {proofs.passkey && proofs.password && <p className={classes.or}>{t("passkey.or")}</p>}
            {proofs.password && (
              <>
                <PasswordInput
                  label={t("prove.password")}
                  autoComplete="current-password"
                  required
                  data-autofocus={!proofs.passkey || undefined}
                  error={byField.password}
                  visibilityToggleButtonProps={{ "aria-label": t("signin.showPassword") }}
                  value={password}
                  onChange={(e) => setPassword(e.currentTarget.value)}
                />
                {proofs.code && (
                  <TextInput
                    label={t("prove.code")}
                    description={t("prove.codeHelp")}
                    autoComplete="one-time-code"
                    autoCapitalize="none"
                    spellCheck={false}
                    required
                    error={byField.code}
                    value={code}
                    onChange={(e) => setCode(e.currentTarget.value)}
                  />
                )}
                <Button type="submit" loading={typed.isPending}>
                  {t("prove.confirm")}
                </Button>
              </>
            )}
            {!proofs.passkey && !proofs.password && <Callout tone="pending">{t("prove.nothing")}</Callout>}
          </form>
        )}
      </Dialog>
    </EscapeHere>
  );
}

/** Keeps Escape for this dialog: Mantine tells every open dialog and drawer of it, save from elements that carry a mark. */
function EscapeHere({ onEscape, children }: { onEscape: () => void; children: ReactNode }) {
  return (
    <div
      role="presentation"
      onFocusCapture={(event) => event.target.setAttribute("data-mantine-stop-propagation", "true")}
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onEscape();
        }
      }}
    >
      {children}
    </div>
  );
}
