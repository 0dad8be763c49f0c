import { Button } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { changesOf } from "@/components/form/changes";
import { ErrorSummary, type Summary } from "@/components/form/ErrorSummary";
import type { Form } from "@/components/form/FormDrawer";
import { formProblem } from "@/components/form/formProblem";
import { toast } from "@/components/toast";
import classes from "./Settings.module.css";

interface Props<T extends Record<string, unknown>> {
  initial: T;
  onSave: (values: T, changed: Partial<T>) => Promise<unknown>;
  children: (form: Form<T>) => ReactNode;
  extra?: ReactNode;
}

/** A form on a page: saved as a whole, with errors at the fields and above. */
export function SettingsForm<T extends Record<string, unknown>>({ initial, onSave, children, extra }: Props<T>) {
  const { t } = useTranslation();
  const form = useForm<T>({ initialValues: initial });
  const [busy, setBusy] = useState(false);
  const [summary, setSummary] = useState<Summary | null>(null);
  const changed = changesOf(initial, form.values);
  const submit = async () => {
    setBusy(true);
    setSummary(null);
    form.clearErrors();
    try {
      await onSave(form.values, changed);
      toast(t("settings.saved"));
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
      {children(form)}
      <div className={classes.buttons}>
        <Button type="submit" loading={busy} disabled={Object.keys(changed).length === 0} title="Ctrl-Enter">
          {t("save")}
        </Button>
        {extra}
      </div>
    </form>
  );
}
