import { ActionIcon, Button } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { flushSync } from "react-dom";
import { useTranslation } from "react-i18next";
import classes from "./FormDrawer.module.css";

interface Props {
  legend: string;
  count: number;
  error?: ReactNode;
  add: string;
  onAdd: () => void;
  onRemove: (index: number) => void;
  max?: number;
  children: (index: number) => ReactNode;
}

/** Several values of one kind: addresses, numbers. */
export function RowsField({ legend, count, error, add, onAdd, onRemove, max = 10, children }: Props) {
  const { t } = useTranslation();
  const box = useRef<HTMLFieldSetElement>(null);
  // The button that was pressed is gone: the focus goes to the one that took its place, else to the end of the rows, before the next key is pressed.
  const remove = (index: number) => {
    flushSync(() => onRemove(index));
    const buttons = box.current?.querySelectorAll<HTMLElement>("button") ?? [];
    const removers = [...buttons].filter((button) => button.dataset.remove !== undefined);
    (removers[index] ?? [...buttons].at(-1))?.focus();
  };
  return (
    <fieldset className={classes.rows} ref={box}>
      <legend>{legend}</legend>
      {Array.from({ length: count }, (_, i) => (
        <div key={i} className={classes.row}>
          {children(i)}
          <ActionIcon variant="subtle" color="gray" size={36} data-remove aria-label={t("form.remove", { what: `${legend} ${i + 1}` })} onClick={() => remove(i)}>
            <X size={16} />
          </ActionIcon>
        </div>
      ))}
      {count < max && (
        <Button variant="subtle" size="compact-sm" leftSection={<Plus size={14} />} onClick={onAdd}>
          {add}
        </Button>
      )}
      {error && <p className={classes.rowError}>{error}</p>}
    </fieldset>
  );
}
