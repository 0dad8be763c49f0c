import { Button, Group, Stack } from "@mantine/core";
import { useForm, type UseFormReturnType } from "@mantine/form";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Steps } from "@/components/Steps";
import { changesOf } from "./changes";
import { ErrorSummary, type Summary } from "./ErrorSummary";
import { formProblem } from "./formProblem";
import { missingOf, stepOf } from "./steps";
import classes from "./FormDrawer.module.css";

export type Form<T extends Record<string, unknown>> = UseFormReturnType<T>;

/** One part of a form that is filled in one after the other. */
export interface FormStep<T extends Record<string, unknown>> {
  key: string;
  title: string;
  /** Its fields: the required ones are asked for before the next step, and a refusal leads back to the step of its field. */
  fields: readonly (keyof T & string)[];
  content: (form: Form<T>) => ReactNode;
}

/** A last look before saving, for what reaches further than the fields say. */
export interface Review<T> {
  /** Whether there is anything to look at. */
  when: (changed: Partial<T>) => boolean;
  /** What is shown in place of the fields; it throws as saving does when they are not fit to be saved. */
  show: (values: T, changed: Partial<T>) => ReactNode;
}

export interface FormProps<T extends Record<string, unknown>> {
  initial: T;
  save?: string;
  /** Fields that must not be empty, with their labels: said at once, in the language of the console. */
  required?: Partial<Record<keyof T & string, string>>;
  /** `changed` holds only the fields that differ from `initial`; `another` says that the form begins anew afterwards. */
  onSave: (values: T, changed: Partial<T>, another: boolean) => Promise<unknown>;
  /** The words of a second button that saves and begins anew, where several things are made one after the other. */
  again?: string;
  /** The fields; or `steps` where there are many and their order helps. */
  children?: (form: Form<T>) => ReactNode;
  steps?: FormStep<T>[];
  review?: Review<T>;
}

interface Props<T extends Record<string, unknown>> extends FormProps<T> {
  onCancel?: () => void;
  onDone: () => void;
  onAgain?: () => void;
  onDirty: (dirty: boolean) => void;
  /** Beside the save button. */
  extra?: ReactNode;
  /** Saving makes sense only once something was changed. */
  onlyChanged?: boolean;
  /** The buttons stay in sight at the foot of a drawer. */
  sticky?: boolean;
}

/** Fields, errors, and buttons of every form. Ctrl-Enter saves. */
export function FormBody<T extends Record<string, unknown>>(props: Props<T>) {
  const { initial, required, steps, review, onSave, onDone, onDirty } = props;
  const { t } = useTranslation();
  const [first] = useState(initial);
  const form = useForm<T>({ initialValues: initial });
  const [at, setAt] = useState(0);
  const [busy, setBusy] = useState(false);
  const [summary, setSummary] = useState<Summary | null>(null);
  const [shown, setShown] = useState<ReactNode>(null);
  const body = useRef<HTMLDivElement>(null);
  const id = useId();
  const looked = useRef<HTMLHeadingElement>(null);
  const changed = changesOf(first, form.values);
  const isDirty = Object.keys(changed).length > 0;
  const step = steps?.[at];
  const last = !steps || at === steps.length - 1;
  const reviewing = shown !== null;
  const toReview = last && !reviewing && isDirty && review?.when(changed) === true;

  useEffect(() => {
    onDirty(isDirty);
    if (!isDirty) {
      return;
    }
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    addEventListener("beforeunload", warn);
    return () => removeEventListener("beforeunload", warn);
  }, [isDirty, onDirty]);

  useEffect(() => {
    if (reviewing) {
      looked.current?.focus();
    }
  }, [reviewing]);

  const go = (to: number) => {
    setAt(to);
    setShown(null);
    setTimeout(() => body.current?.querySelector<HTMLElement>("input, textarea, select, button")?.focus());
  };
  const isComplete = (fields: readonly string[]) => {
    form.clearErrors();
    const missing = missingOf(form.values, required ?? {}, fields);
    if (missing.length === 0) {
      setSummary(null);
      return true;
    }
    form.setErrors(Object.fromEntries(missing.map(([path]) => [path, t("form.required")])));
    setSummary({ text: t("form.mend", { count: missing.length }), fields: missing.map(([path, field]) => ({ path, message: t("form.requiredField", { field }) })), rest: [] });
    return false;
  };
  const submit = async (another = false) => {
    if (!isComplete(step && !last ? step.fields : Object.keys(form.values))) {
      return;
    }
    if (!last) {
      go(at + 1);
      return;
    }
    setBusy(true);
    try {
      if (review && toReview) {
        setShown(review.show(form.values, changed));
        return;
      }
      await onSave(form.values, changed, another);
      (another && props.onAgain ? props.onAgain : onDone)();
    } catch (error) {
      const { byField, summary: found } = formProblem(error, form.values, t);
      form.setErrors(byField);
      setSummary(found);
      setAt((now) => stepOf(steps ?? [], Object.keys(byField)) ?? now);
      if (Object.keys(byField).length > 0) {
        setShown(null);
      }
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
      {steps && <Steps steps={steps} current={step?.key ?? ""} onStep={(key) => setAt(steps.findIndex((s) => s.key === key))} compact />}
      {summary && <ErrorSummary summary={summary} />}
      <div hidden={reviewing}>
        <Stack gap="md" ref={body}>
          {step ? step.content(form) : props.children?.(form)}
        </Stack>
      </div>
      {reviewing && (
        <section className={classes.review} aria-labelledby={id}>
          <h3 id={id} ref={looked} tabIndex={-1}>
            {t("form.effect")}
          </h3>
          {shown}
        </section>
      )}
      <Group className={classes.buttons} justify={props.sticky ? "flex-end" : "flex-start"} data-sticky={props.sticky || undefined}>
        {reviewing ? (
          <Button variant="default" onClick={() => go(at)}>
            {t("form.back")}
          </Button>
        ) : (
          props.onCancel && (
            <Button variant="default" onClick={at > 0 ? () => go(at - 1) : props.onCancel}>
              {at > 0 ? t("form.back") : t("cancel")}
            </Button>
          )
        )}
        {last && !toReview && props.again && props.onAgain && (
          <Button variant="default" disabled={busy} onClick={() => void submit(true)}>
            {props.again}
          </Button>
        )}
        <Button type="submit" loading={busy} disabled={props.onlyChanged && !isDirty} title="Ctrl-Enter">
          {!last ? t("form.next") : toReview ? t("form.look") : (props.save ?? t("save"))}
        </Button>
        {props.extra}
      </Group>
    </form>
  );
}
