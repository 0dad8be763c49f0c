import { useCallback, useRef, useState } from "react";
import { Sheet } from "@/components/Sheet";
import { FormBody, type FormProps } from "./FormBody";
import { LeaveQuestion } from "./LeaveQuestion";

export type { Form, FormStep } from "./FormBody";

interface Props<T extends Record<string, unknown>> extends FormProps<T> {
  opened: boolean;
  onClose: () => void;
  title: string;
  size?: "md" | "lg";
}

/**
 * The drawer in which things are made and changed: all fields at once, or in `steps`.
 * Ctrl-Enter saves; leaving with changes asks.
 */
export function FormDrawer<T extends Record<string, unknown>>({ opened, onClose, title, size, ...form }: Props<T>) {
  const dirty = useRef(false);
  const onDirty = useCallback((now: boolean) => {
    dirty.current = now;
  }, []);
  const [asking, setAsking] = useState(false);
  const [round, setRound] = useState(0);
  const close = () => {
    if (dirty.current) {
      // After this key press: the question would take the same Escape as its own answer.
      setTimeout(() => setAsking(true));
    } else {
      onClose();
    }
  };
  const leave = () => {
    dirty.current = false;
    setAsking(false);
    onClose();
  };
  const beginAnew = () => {
    dirty.current = false;
    setRound(round + 1);
  };
  return (
    <>
      <Sheet opened={opened} onClose={close} closeOnEscape={!asking} title={title} position="right" size={size}>
        <FormBody key={round} {...form} onCancel={close} onDone={leave} onAgain={beginAnew} onDirty={onDirty} sticky />
      </Sheet>
      <LeaveQuestion opened={asking} onStay={() => setAsking(false)} onLeave={leave} />
    </>
  );
}
