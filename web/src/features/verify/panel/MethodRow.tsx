import { Button, Select, Tooltip } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Method } from "@/api/types";
import { reasonText } from "@/components/problemText";
import { methodIcon } from "./methods";
import classes from "./Panel.module.css";

interface Props {
  method: Method;
  disabled: boolean;
  /** The first that can work is the one to take. */
  first: boolean;
  busy: boolean;
  onStart: (address?: string) => void;
}

/** One method: what it is, how much it proves, where it goes, and why not when it cannot. */
export function MethodRow({ method, disabled, first, busy, onStart }: Props) {
  const { t } = useTranslation();
  const usable = method.addresses.find((a) => a.available);
  const [picked, setPicked] = useState<string | null>(null);
  const address = picked ?? usable?.address;
  const name = t(`method.${method.method as "sms_code"}.name`, { defaultValue: method.method });
  const Icon = methodIcon(method.method);
  return (
    <li className={classes.method} data-off={!method.available || undefined}>
      <Icon size={20} aria-hidden="true" />
      <div className={classes.methodName}>
        <strong>{name}</strong>
        <Level level={method.level} />
        <small>{method.available ? t(`method.${method.method as "sms_code"}.text`, { defaultValue: "" }) : reasonText(method.reason, t)}</small>
      </div>
      {method.available &&
        (method.addresses.length > 1 ? (
          <Select
            className={classes.address}
            aria-label={t("panel.address", { method: name })}
            allowDeselect={false}
            data={method.addresses.map((a) => ({ value: a.address, label: a.available ? a.masked : `${a.masked} – ${reasonText(a.reason, t)}`, disabled: !a.available }))}
            value={address ?? null}
            onChange={setPicked}
          />
        ) : (
          <span className={classes.only} title={usable?.masked}>{usable?.masked}</span>
        ))}
      {method.available && (
        <Button className={classes.send} data-verify={first || undefined} variant={first ? "filled" : "default"} disabled={disabled && !busy} loading={busy} onClick={() => onStart(address)} aria-label={t("panel.sendBy", { method: name })}>
          {t("panel.send")}
        </Button>
      )}
    </li>
  );
}

/** The assurance level with its meaning. */
export function Level({ level }: { level: string }) {
  const { t } = useTranslation();
  return (
    <Tooltip label={t(`level.${level as "L2"}`, { defaultValue: level })}>
      {/* Focusable, so that the meaning can be read with the keyboard too. */}
      <button type="button" className={classes.level} aria-label={`${level}: ${t(`level.${level as "L2"}`, { defaultValue: level })}`}>
        {level}
      </button>
    </Tooltip>
  );
}
