import { ActionIcon, Button, TextInput } from "@mantine/core";
import { Fingerprint, KeyRound, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { Callout } from "@/components/Callout";
import { Card } from "@/components/Card";
import { Confirm } from "@/components/Confirm";
import { Dialog } from "@/components/Dialog";
import { RelativeTime } from "@/components/RelativeTime";
import { StateBadge } from "@/components/StateBadge";
import { toast } from "@/components/toast";
import settings from "@/features/settings/Settings.module.css";
import { type KeyKind, type Passkey, renewFactors } from "./data";
import classes from "./Factor.module.css";
import { KeyMaker } from "./KeyMaker";
import { canUsePasskeys, isNumber } from "./passkey";

type Question = { about: "add"; kind: KeyKind; replaces?: Passkey } | { about: "rename" | "remove"; key: Passkey };

/** One's own passkeys and security keys. */
export function KeysCard({ keys, onCodes }: { keys: Passkey[]; onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState<Question | null>(null);
  const close = () => setOpen(null);
  const usable = canUsePasskeys();
  const made = (name: string, codes: string[]) => {
    close();
    toast(t("factor.added", { name }));
    onCodes(codes);
  };
  return (
    <Card
      title={t("factor.passkeys")}
      flush
      actions={
        usable && (
          <>
            <Button variant="default" size="compact-sm" onClick={() => setOpen({ about: "add", kind: "security_key" })}>
              {t("factor.addKey")}
            </Button>
            <Button size="compact-sm" onClick={() => setOpen({ about: "add", kind: "passkey" })}>
              {t("factor.addPasskey")}
            </Button>
          </>
        )
      }
    >
      <p className={settings.empty}>{t("factor.passkeysText")}</p>
      {!usable && <Unusable />}
      {keys.length === 0 ? (
        usable && <p className={settings.empty}>{t("factor.none")}</p>
      ) : (
        <ul className={settings.items}>
          {keys.map((key) => (
            <Row key={key.id} of={key} usable={usable} onOpen={setOpen} />
          ))}
        </ul>
      )}
      {open?.about === "add" && (
        <Dialog opened onClose={close} title={t(open.kind === "passkey" ? "factor.addPasskey" : "factor.addKey")}>
          <KeyMaker kind={open.kind} name={open.replaces?.name ?? freeName(t(`factor.nameDefault.${open.kind}`), keys)} replaces={open.replaces?.id} onMade={made} />
        </Dialog>
      )}
      {open?.about === "rename" && <Rename of={open.key} onClose={close} />}
      {open?.about === "remove" && (
        <Confirm
          opened
          onClose={close}
          title={t("factor.remove")}
          action={t("factor.remove")}
          onConfirm={async () => {
            await must(api.DELETE("/api/me/passkeys/{id}", { params: { path: { id: open.key.id } } }));
            await renewFactors();
            toast(t("factor.removed", { name: open.key.name }));
          }}
        >
          {t("factor.removeText", { name: open.key.name })}
        </Confirm>
      )}
    </Card>
  );
}

function Row({ of: key, usable, onOpen }: { of: Passkey; usable: boolean; onOpen: (question: Question) => void }) {
  const { t } = useTranslation();
  const Icon = key.kind === "passkey" ? Fingerprint : KeyRound;
  return (
    <li>
      <div>
        <strong className={classes.item}>
          <Icon size={16} aria-hidden="true" /> {key.name}
        </strong>
        <small>
          {t(`factor.kind.${key.kind}`)} · {key.kind === "passkey" && <>{t(key.backed_up ? "factor.backedUp" : "factor.thisDevice")} · </>}
          {t("factor.created")} <RelativeTime at={key.created_at} /> ·{" "}
          {key.last_used_at ? (
            <>
              {t("factor.used")} <RelativeTime at={key.last_used_at} />
            </>
          ) : (
            t("factor.neverUsed")
          )}
        </small>
      </div>
      {key.changed && <StateBadge state="denied" label={t("factor.again")} />}
      <ActionIcon variant="subtle" color="gray" aria-label={t("factor.renameOne", { name: key.name })} onClick={() => onOpen({ about: "rename", key })}>
        <Pencil size={16} />
      </ActionIcon>
      <ActionIcon variant="subtle" color="gray" aria-label={t("factor.removeOne", { name: key.name })} onClick={() => onOpen({ about: "remove", key })}>
        <Trash2 size={16} />
      </ActionIcon>
      {key.changed && (
        <div className={classes.changed}>
          <Callout tone="pending">
            <p className={classes.lead}>{t("factor.changed")}</p>
            {usable && (
              <Button mt={8} size="compact-sm" onClick={() => onOpen({ about: "add", kind: key.kind, replaces: key })}>
                {t("factor.again")}
              </Button>
            )}
          </Callout>
        </div>
      )}
    </li>
  );
}

/** Why there can be no passkey here, and where there could. */
function Unusable() {
  const { t } = useTranslation();
  const local = location.hostname === "127.0.0.1" || location.hostname === "[::1]";
  return (
    <div className={settings.empty}>
      <Callout tone="neutral">
        {isNumber(location.hostname) ? t("factor.noPasskeys") : t("passkey.failure.unavailable")}{" "}
        {local && <a href={`${location.protocol}//localhost:${location.port}${location.pathname}`}>{t("factor.openLocal")}</a>}
      </Callout>
    </div>
  );
}

function Rename({ of: key, onClose }: { of: Passkey; onClose: () => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState(key.name);
  return (
    <Confirm
      opened
      onClose={onClose}
      title={t("factor.rename")}
      action={t("save")}
      danger={false}
      ready={name.trim() !== ""}
      onConfirm={async () => {
        await must(api.PATCH("/api/me/passkeys/{id}", { params: { path: { id: key.id } }, body: { name } as never }));
        await renewFactors();
      }}
    >
      <TextInput label={t("factor.name")} value={name} maxLength={60} autoComplete="off" data-autofocus onChange={(e) => setName(e.currentTarget.value)} />
    </Confirm>
  );
}

/** The name itself, or with the first number that nothing else has. */
export function freeName(name: string, keys: readonly { name: string }[]): string {
  const taken = new Set(keys.map((k) => k.name));
  for (let n = 1; ; n++) {
    const free = n === 1 ? name : `${name} ${n}`;
    if (!taken.has(free)) {
      return free;
    }
  }
}
