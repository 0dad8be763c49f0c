import { Anchor, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Delivery } from "@/api/types";
import { useCan } from "@/app/me";
import { Callout } from "@/components/Callout";
import { Confirm } from "@/components/Confirm";
import { ErrorState } from "@/components/ErrorState";
import { GuardedButton } from "@/components/GuardedButton";
import { Loading } from "@/components/Loading";
import { reasonText } from "@/components/problemText";
import { RelativeTime } from "@/components/RelativeTime";
import { Sheet } from "@/components/Sheet";
import { toast } from "@/components/toast";
import { oneQuery, resend, whyText } from "./data";
import { DeliveryState } from "./DeliveryState";
import classes from "./Outbox.module.css";

interface Props {
  /** Of the message that is shown; none closes the drawer. */
  id?: string;
  onClose: () => void;
  onOpen: (id: string) => void;
}

/** One message with every attempt, and what can be done about it. */
export function MessageDrawer({ id, onClose, onOpen }: Props) {
  const { t } = useTranslation();
  const query = useQuery({ ...oneQuery(id ?? ""), enabled: id !== undefined });
  const d = query.data;
  return (
    <Sheet opened={id !== undefined} onClose={onClose} position="right" size={480} title={d ? t("outbox.details", { to: d.contact_name || d.to_masked }) : t("nav.messages")}>
      {d ? <Message key={d.id} delivery={d} onOpen={onOpen} /> : query.isError ? <ErrorState error={query.error} retry={() => void query.refetch()} /> : <Loading rows={5} height={30} />}
    </Sheet>
  );
}

function Message({ delivery: d, onOpen }: { delivery: Delivery; onOpen: (id: string) => void }) {
  const { t } = useTranslation();
  const can = useCan();
  const facts: [string, React.ReactNode][] = [
    [t("outbox.state"), <DeliveryState key="state" delivery={d} />],
    [t("outbox.to"), d.to_masked],
    [t("outbox.what"), t(`outbox.purpose.${d.purpose}`)],
    [t("outbox.way"), t(`outbox.ways.${d.way}`)],
    [t("outbox.at"), <RelativeTime key="at" at={d.created_at} />],
  ];
  return (
    <Stack gap="md">
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {d.reason && d.state !== "sent" && d.state !== "delivered" && <p className={classes.why}>{whyText(d.reason, t)}</p>}
      {d.contact_id && can("contact.view") && (
        <Anchor component={Link} to={`/contacts/${d.contact_id}`} size="sm">
          {t("outbox.openContact")}
        </Anchor>
      )}
      <Attempts delivery={d} />
      <Linked text={t("outbox.again")} action={t("outbox.openFirst")} id={d.resends} onOpen={onOpen} />
      <Linked text={t("outbox.sentAgain")} action={t("outbox.openResent")} id={d.resent_as} onOpen={onOpen} />
      {d.dead && <Again delivery={d} onOpen={onOpen} />}
    </Stack>
  );
}

function Linked({ text, action, id, onOpen }: { text: string; action: string; id?: string; onOpen: (id: string) => void }) {
  if (!id) {
    return null;
  }
  return (
    <Callout tone="neutral">
      {text}{" "}
      <Anchor component="button" type="button" inherit onClick={() => onOpen(id)}>
        {action}
      </Anchor>
    </Callout>
  );
}

function Attempts({ delivery: d }: { delivery: Delivery }) {
  const { t } = useTranslation();
  return (
    <section>
      <h3 className={classes.heading}>{t("outbox.tries")}</h3>
      {d.attempts.length === 0 && <p className={classes.soft}>{t("outbox.triesNone")}</p>}
      <ol className={classes.attempts}>
        {d.attempts.map((a) => (
          <li key={a.number}>
            <strong>{t(`outbox.try.${a.state}`)}</strong>{" "}
            <span className={classes.soft}>
              {a.provider && t("outbox.by", { provider: t(`outbox.provider.${a.provider as "twilio"}`, { defaultValue: a.provider }) })}
              {a.started_at && (
                <>
                  {" · "}
                  <RelativeTime at={a.ended_at ?? a.started_at} />
                </>
              )}
            </span>
            {a.reason && <p>{whyText(a.reason, t)}</p>}
            {a.possible_repeat && <p>{t("outbox.repeat")}</p>}
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The way out of a dead letter: to send it again, or why that cannot be and what to do instead. */
function Again({ delivery: d, onOpen }: { delivery: Delivery; onOpen: (id: string) => void }) {
  const { t } = useTranslation();
  const [asking, setAsking] = useState(false);
  if (d.refusal) {
    return (
      <Callout tone="pending" title={t("outbox.cannot")}>
        {reasonText(d.refusal, t)}
      </Callout>
    );
  }
  return (
    <>
      <GuardedButton needs="message.resend" onClick={() => setAsking(true)}>
        {t("outbox.resend")}
      </GuardedButton>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={t("outbox.resendTitle")}
        action={t("outbox.resend")}
        danger={false}
        onConfirm={async () => {
          const made = await resend(d.id);
          toast(t("outbox.resent"));
          onOpen(made.id);
        }}
      >
        <p>{t("outbox.resendText", { to: d.to_masked })}</p>
        {d.reason === "unconfirmed" && <Callout tone="pending">{t("outbox.resendMaybe")}</Callout>}
      </Confirm>
    </>
  );
}
