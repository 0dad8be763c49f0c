import { useBlocker } from "@tanstack/react-router";
import { type ReactNode, useCallback, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { toast } from "@/components/toast";
import { FormBody, type FormProps } from "./FormBody";
import { LeaveQuestion } from "./LeaveQuestion";
import classes from "./FormDrawer.module.css";

interface Props<T extends Record<string, unknown>> extends FormProps<T> {
  /** Beside the save button. */
  extra?: ReactNode;
  /** What to say once it is saved. */
  done?: string;
  /** For what is made rather than changed: it can be saved as it stands. */
  isNew?: boolean;
  onDone?: () => void;
}

/**
 * A form on a page, for settings and for what is too long for a drawer: saved as a whole, with errors at the fields and above.
 * Going to another page with changes asks. Give it a `key` of the value, so that it starts anew when that has changed.
 */
export function FormPage<T extends Record<string, unknown>>({ extra, done, isNew, onDone, ...form }: Props<T>) {
  const { t } = useTranslation();
  const [dirty, setDirty] = useState(false);
  const here = useRef<HTMLDivElement>(null);
  const saved = useRef(false);
  const onDirty = useCallback((now: boolean) => {
    saved.current = false;
    setDirty(now);
  }, []);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && !saved.current && current.pathname !== next.pathname,
    withResolver: true,
    enableBeforeUnload: false,
  });
  const onSave = async (values: T, changed: Partial<T>) => {
    await form.onSave(values, changed, false);
    saved.current = true;
  };
  const finish = () => {
    // The button goes, or the whole form for a new one, and the focus with it: on to the card that it stands in.
    const card = here.current?.closest("section");
    setTimeout(() => {
      if (card?.isConnected && document.activeElement === document.body) {
        card.tabIndex = -1;
        card.focus({ preventScroll: true });
      }
    }, 50);
    toast(done ?? t("settings.saved"));
    onDone?.();
  };
  return (
    <div className={classes.page} ref={here}>
      <FormBody {...form} onSave={onSave} onDone={finish} onDirty={onDirty} extra={extra} onlyChanged={!isNew} />
      <LeaveQuestion opened={blocker.status === "blocked"} onStay={() => blocker.reset?.()} onLeave={() => blocker.proceed?.()} />
    </div>
  );
}
