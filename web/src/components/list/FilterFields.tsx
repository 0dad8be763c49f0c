import { TextInput } from "@mantine/core";
import classes from "./List.module.css";

interface Props {
  label: string;
  value?: string;
  set: (value: string | undefined) => void;
}

/** A filter by a day, in the person's own zone: `YYYY-MM-DD`. See startOfDay and endOfDay. */
export function FilterDate({ label, value, set }: Props) {
  return (
    <label className={classes.date}>
      {label}
      <input type="date" value={value ?? ""} onChange={(e) => set(e.currentTarget.value || undefined)} />
    </label>
  );
}

/** A filter by a text; it takes effect on Enter or when it is left. */
export function FilterText({ label, hint, value, set }: Props & { hint?: string }) {
  return (
    <TextInput
      key={value}
      w={220}
      radius="xl"
      aria-label={label}
      placeholder={hint ? `${label}: ${hint}` : label}
      defaultValue={value ?? ""}
      onBlur={(e) => e.currentTarget.value.trim() !== (value ?? "") && set(e.currentTarget.value.trim() || undefined)}
      onKeyDown={(e) => e.key === "Enter" && set(e.currentTarget.value.trim() || undefined)}
    />
  );
}

/** The instant at which a day begins where the person is. */
export function startOfDay(day: string | undefined): string | undefined {
  return instant(day, 0);
}

/** The instant at which a day is over where the person is. */
export function endOfDay(day: string | undefined): string | undefined {
  return instant(day, 1);
}

function instant(day: string | undefined, days: number): string | undefined {
  const [, y, m, d] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? "") ?? [];
  return y ? new Date(Number(y), Number(m) - 1, Number(d) + days).toISOString() : undefined;
}
