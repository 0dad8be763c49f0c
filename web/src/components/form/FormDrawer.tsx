import { Button, Group, Stack } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Dialog } from "@/components/Dialog";
import { Sheet } from "@/components/Sheet";
import { changesOf } from "./changes";
import { ErrorSummary, type Summary } from "./ErrorSummary";
import { formProblem } from "./formProblem";
import classes from "./FormDrawer.module.css";

export type Form<T extends Record<string, unknown>> = UseFormReturnType<T>;

interface Props<T extends Record<string, unknown>> {
  opened: boolean;
  onClose: () => void;
  title: string;
  initial: T;
  save?: string;
  /** Fields that must not be empty, with their labels: said at once, in the language of the console. */
  required?: Partial<Record<keyof T & string, string>>;
  /** `changed` holds only the fields that differ from `initial`. */
  onSave: (values: T, changed: Partial<T>) => Promise<unknown>;
  children: (form: Form<T>) => ReactNode;
}

/** The drawer in which things are made and changed. Ctrl-Enter saves; leaving with changes asks. */
export function FormDrawer<T extends Record<string, unknown>>(props: Props<T>) {
  const dirty = useRef(false);
  const onDirty = useCallback((now: boolean) => {
    dirty.current = now;
  }, []);
  const [asking, setAsking] = useState(false);
  const { t } = useTranslation();
  const close = () => {
    if (dirty.current) {
      // After this key press: the question would take the same Escape as its own answer.
      setTimeout(() => setAsking(true));
    } else {
      props.onClose();
    }
  };
  const leave = () => {
    dirty.current = false;
    setAsking(false);
    props.onClose();
  };
  return (
    <>
      <Sheet opened={props.opened} onClose={close} closeOnEscape={!asking} title={props.title} position="right">
        <Body {...props} onClose={close} onDone={leave} onDirty={onDirty} />
      </Sheet>
      <Dialog opened={asking} onClose={() => setAsking(false)} title={t("form.leaveTitle")}>
        <Stack>
          {t("form.leaveText")}
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              {t("form.stay")}
            </Button>
            <Button color="red.9" onClick={leave}>
              {t("form.leave")}
            </Button>
          </Group>
        </Stack>
      </Dialog>
    </>
  );
}

interface BodyProps<T extends Record<string, unknown>> extends Props<T> {
  onDone: () => void;
  onDirty: (dirty: boolean) => void;
}

function Body<T extends Record<string, unknown>>({ initial, save, required, onSave, onClose, onDone, onDirty, children }: BodyProps<T>) {
  const { t } = useTranslation();
  const [first] = useState(initial);
  const form = useForm<T>({ initialValues: initial });
  const [busy, setBusy] = useState(false);
  const [summary, setSummary] = useState<Summary | null>(null);
  const changed = changesOf(first, form.values);
  const isDirty = Object.keys(changed).length > 0;

  useEffect(() => {
    onDirty(isDirty);
    if (!isDirty) {
      return;
    }
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isDirty, onDirty]);

  const submit = async () => {
    form.clearErrors();
    const missing = Object.entries<string | undefined>(required ?? {}).filter(([field]) => String(form.values[field] ?? "").trim() === "");
    if (missing.length > 0) {
      form.setErrors(Object.fromEntries(missing.map(([field]) => [field, t("form.required")])));
      const fields = missing.map(([path, label]) => ({ path, message: t("form.requiredField", { field: label ?? path }) }));
      setSummary({ text: t("form.mend", { count: missing.length }), fields, rest: [] });
      return;
    }
    setBusy(true);
    setSummary(null);
    try {
      await onSave(form.values, changed);
      onDone();
    } catch (error) {
      const { byField, summary: found } = formProblem(error, form.values, t);
      form.setErrors(byField);
      setSummary(found);
    } finally {
      setBusy(false);
    }
  };

  return (
    <form
      noValidate
      className={classes.form}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
          event.preventDefault();
          void submit();
        }
      }}
    >
      {summary && <ErrorSummary summary={summary} />}
      <Stack gap="md">{children(form)}</Stack>
      <Group className={classes.buttons} justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {t("cancel")}
        </Button>
        <Button type="submit" loading={busy} title="Ctrl-Enter">
          {save ?? t("save")}
        </Button>
      </Group>
    </form>
  );
}
