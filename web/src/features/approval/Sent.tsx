import { Button, Group } from "@mantine/core";
import { Download } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { Approval } from "@/api/types";
import { goTo } from "@/app/navigate";
import { Callout } from "@/components/Callout";
import { reasonText } from "@/components/problemText";
import classes from "./Approval.module.css";
import { fileHref } from "./data";

/** What became of what was asked for, or done at once, and where to follow it. */
export function Sent({ request, onClose }: { request: Approval; onClose: () => void }) {
  const { t } = useTranslation();
  const { id, break_glass, failure, may } = request;
  const text = !break_glass ? t("approval.sent.text") : failure ? `${t("approval.sent.glassFailed")} ${reasonText(failure, t)}` : t(may.use ? "approval.sent.glassUse" : "approval.sent.glass");
  return (
    <div className={classes.form}>
      <Callout tone={failure ? "denied" : "verified"} title={break_glass ? undefined : t("approval.sent.title")} live="polite">
        {text}
      </Callout>
      <Group justify="flex-end" gap={8}>
        <Button
          variant="default"
          onClick={() => {
            onClose();
            goTo(`/approvals/${id}`);
          }}
        >
          {t("approval.sent.see")}
        </Button>
        {may.use && (
          <Button component="a" href={fileHref(request)} download={request.parameters.format === "csv" ? "audit.csv" : "audit.jsonl"} leftSection={<Download size={16} />} onClick={() => setTimeout(onClose)}>
            {t("approval.use")}
          </Button>
        )}
        <Button variant={may.use ? "default" : "filled"} autoFocus onClick={onClose}>
          {t("close")}
        </Button>
      </Group>
    </div>
  );
}
