import { Button, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api, must } from "@/api/client";
import { useMe } from "@/app/me";
import { Callout } from "@/components/Callout";
import { problemText } from "@/components/problemText";
import type { Template } from "./data";
import classes from "./Template.module.css";

/** Sends the text as it is kept, with example values, within the limits of messages. */
export function TestSend({ template, language }: { template: Template; language: string }) {
  const { t } = useTranslation();
  const me = useMe();
  const mails = template.channels?.includes("email");
  const [to, setTo] = useState((mails ? me?.technician.email : me?.technician.phone) ?? "");
  const test = useMutation({
    mutationFn: () => must(api.POST("/api/templates/{key}/{language}/test", { params: { path: { key: template.key, language } }, body: { to } as never })),
  });
  return (
    <form
      className={classes.test}
      onSubmit={(event) => {
        event.preventDefault();
        test.mutate();
      }}
    >
      <TextInput label={t("wording.testTo")} description={t("wording.testHelp")} value={to} maxLength={254} onChange={(e) => setTo(e.currentTarget.value)} />
      <div>
        <Button type="submit" variant="default" loading={test.isPending} disabled={!to.trim()}>
          {t("wording.test")}
        </Button>
      </div>
      {test.isSuccess && (
        <Callout tone="verified" live="polite">
          {t("wording.testDone")}
        </Callout>
      )}
      {test.isError && <Callout tone="denied">{problemText(test.error, t)}</Callout>}
    </form>
  );
}
