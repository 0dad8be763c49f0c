import { useMutation } from "@tanstack/react-query";
import { Mail, MessageSquare, Phone as PhoneIcon, type LucideIcon } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { serverNow } from "@/api/serverTime";
import type { Contact } from "@/api/types";
import { queries } from "@/app/services";
import { Callout } from "@/components/Callout";
import { EmptyState } from "@/components/EmptyState";
import { problemText } from "@/components/problemText";
import { clock } from "@/components/time";
import { useNow } from "@/components/useNow";
import { Calls } from "./Calls";
import { Compose } from "./Compose";
import { type Kind, useMessages, useServiceAddresses } from "./data";
import { Mailbox } from "./Mailbox";
import { keepSent } from "./sent";
import { Thread } from "./Thread";
import classes from "./Phone.module.css";

const tabs: { kind: Kind; icon: LucideIcon }[] = [
  { kind: "sms", icon: MessageSquare },
  { kind: "email", icon: Mail },
  { kind: "voice", icon: PhoneIcon },
];

export interface Outgoing {
  kind: "sms" | "email";
  from: string;
  to: string;
  subject?: string;
  body: string;
}

/** A contact's phone: what reached them, and what they answer. */
export function Phone({ contact }: { contact: Contact | undefined }) {
  const { t, i18n } = useTranslation();
  const now = useNow(10_000);
  const [tab, setTab] = useState<Kind>("sms");
  const [line, setLine] = useState(0);
  const service = useServiceAddresses();
  const numbers = contact?.phones.map((p) => p.number) ?? [];
  const number = numbers[line] ?? numbers[0] ?? "";
  const emails = contact?.emails ?? [];
  const phone = useMessages(number ? [number] : []);
  const mail = useMessages(emails);
  const shown = { sms: phone.messages.filter((m) => m.kind === "sms"), voice: phone.messages.filter((m) => m.kind === "voice"), email: mail.messages.filter((m) => m.kind === "email") };

  const send = useMutation({
    // Sent before the answer to it: the time is that of the press.
    onMutate: () => serverNow().toISOString(),
    mutationFn: (out: Outgoing) => must(api.POST("/api/sandbox/inbound", { body: out })),
    onSuccess: (_, out, created_at) => keepSent({ ...out, id: `sent-${created_at}`, possible_repeat: false, created_at }),
    onSettled: () => queries.invalidateQueries({ queryKey: ["sandbox"] }),
  });
  const sms = (body: string) => send.mutate({ kind: "sms", from: number, to: service.phone, body });

  return (
    <section className={classes.phone} aria-label={t("sandbox.phoneOf", { name: contact?.name ?? "" })}>
      <p className={classes.ribbon}>{t("sandbox.ribbon")}</p>
      <div className={classes.status}>
        <span>{clock(now, now, i18n.language)}</span>
        <span>{contact?.name}</span>
      </div>
      {numbers.length > 1 && tab !== "email" && (
        <div className={classes.lines} role="group" aria-label={t("sandbox.line")}>
          {numbers.map((n, i) => (
            <button key={n} type="button" aria-pressed={i === line} onClick={() => setLine(i)}>
              {n}
            </button>
          ))}
        </div>
      )}
      <div className={classes.screen} tabIndex={0} role="region" aria-label={t(`sandbox.tab.${tab}`)}>
        {!contact ? (
          <EmptyState title={t("sandbox.noContact")} compact />
        ) : tab === "sms" ? (
          <Thread messages={shown.sms} service={service.phone} />
        ) : tab === "email" ? (
          <Mailbox messages={shown.email} from={emails[0] ?? ""} service={service.email} busy={send.isPending} onSend={(out) => send.mutate(out)} />
        ) : (
          <Calls messages={shown.voice} />
        )}
      </div>
      {send.isError && <Callout tone="denied">{problemText(send.error, t)}</Callout>}
      {tab === "sms" && number !== "" && <Compose busy={send.isPending} onSend={sms} />}
      <div className={classes.tabs} role="group" aria-label={t("sandbox.apps")}>
        {tabs.map(({ kind, icon: Icon }) => (
          <button key={kind} type="button" aria-pressed={tab === kind} onClick={() => setTab(kind)}>
            <Icon size={19} aria-hidden="true" />
            {t(`sandbox.tab.${kind}`)}
            {shown[kind].length > 0 && <span className={classes.number}>{shown[kind].length}</span>}
          </button>
        ))}
      </div>
    </section>
  );
}
