import { Button } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Fingerprint, KeyRound, Smartphone } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { announceSignedOut, api, must } from "@/api/client";
import { meQuery } from "@/app/me";
import { goTo } from "@/app/navigate";
import { queries } from "@/app/services";
import { ErrorState } from "@/components/ErrorState";
import { Loading } from "@/components/Loading";
import { AppMaker } from "@/features/factor/AppMaker";
import factor from "@/features/factor/Factor.module.css";
import { KeyMaker } from "@/features/factor/KeyMaker";
import { canUsePasskeys } from "@/features/factor/passkey";
import { RecoveryCodes } from "@/features/factor/RecoveryCodes";
import { Entry } from "./Entry";
import classes from "./Entry.module.css";

type Way = "passkey" | "app" | "security_key";

function leave() {
  queries.clear();
  goTo("/");
}

/** Leads whoever must have a second factor to one: a way, the thing itself, and recovery codes to keep. */
export function EnrolPage({ onDone = leave }: { onDone?: () => void }) {
  const { t } = useTranslation();
  const me = useQuery(meQuery);
  const [way, setWay] = useState<Way | null>(null);
  const [codes, setCodes] = useState<string[] | null>(null);
  if (codes) {
    return (
      <Entry title={codes.length > 0 ? t("enrol.save") : t("enrol.done")} text={codes.length > 0 ? t("enrol.saveText") : undefined}>
        <div className={classes.form}>
          {codes.length > 0 && <RecoveryCodes codes={codes} />}
          <Button size="md" onClick={onDone}>
            {codes.length > 0 ? t("enrol.saved") : t("enrol.finish")}
          </Button>
        </div>
      </Entry>
    );
  }
  return (
    <Entry title={t("enrol.title")} text={way ? undefined : t("enrol.text")}>
      {me.isPending ? (
        <Loading rows={4} height={56} />
      ) : me.isError ? (
        <ErrorState error={me.error} retry={() => void me.refetch()} compact />
      ) : way === null ? (
        <Ways onChoose={setWay} />
      ) : (
        <div className={classes.form}>
          {way === "app" ? <AppMaker onMade={setCodes} /> : <KeyMaker kind={way} name={t(`factor.nameDefault.${way}`)} onMade={(_, made) => setCodes(made)} />}
          <Button variant="subtle" onClick={() => setWay(null)}>
            {t("enrol.back")}
          </Button>
        </div>
      )}
      <SignOut />
    </Entry>
  );
}

function Ways({ onChoose }: { onChoose: (way: Way) => void }) {
  const { t } = useTranslation();
  const passkeys = canUsePasskeys();
  const choices = [
    { way: "passkey" as const, icon: Fingerprint, title: t("enrol.passkey"), text: t("enrol.passkeyText"), possible: passkeys },
    { way: "app" as const, icon: Smartphone, title: t("enrol.app"), text: t("enrol.appText"), possible: true },
    { way: "security_key" as const, icon: KeyRound, title: t("enrol.key"), text: t("enrol.keyText"), possible: passkeys },
  ];
  return (
    <ul className={factor.ways} aria-label={t("enrol.how")}>
      {choices.map(({ way, icon: Icon, title, text, possible }) => (
        <li key={way}>
          <button type="button" disabled={!possible} onClick={() => onChoose(way)}>
            <Icon size={22} aria-hidden="true" />
            <strong>{title}</strong>
            <small>{possible ? text : t("enrol.unavailable")}</small>
          </button>
        </li>
      ))}
    </ul>
  );
}

function SignOut() {
  const { t } = useTranslation();
  const signOut = useMutation({ mutationFn: () => must(api.DELETE("/api/session")), onSettled: announceSignedOut });
  return (
    <Button variant="subtle" color="gray" fullWidth mt="sm" onClick={() => signOut.mutate()}>
      {t("own.signOut")}
    </Button>
  );
}
