import { TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { UseFormReturnType } from "@mantine/form";
import classes from "./Access.module.css";

interface Timed extends Record<string, unknown> {
  not_before: string;
  expires_at: string;
}

/** From when until when something holds; both may be left open. */
export function TimeFields<T extends Timed>({ form }: { form: UseFormReturnType<T> }) {
  const { t } = useTranslation();
  return (
    <div className={classes.times}>
      <TextInput type="datetime-local" label={t("rights.notBefore")} description={t("rights.notBeforeHelp")} {...form.getInputProps("not_before")} />
      <TextInput type="datetime-local" label={t("rights.expires")} description={t("rights.expiresHelp")} {...form.getInputProps("expires_at")} />
    </div>
  );
}
