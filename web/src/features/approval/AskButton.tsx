import { Button } from "@mantine/core";
import { UserCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Asked } from "@/api/problem";
import { AskDialog } from "./AskDialog";

/** Beside a refusal: the way to ask a second person. */
export function AskButton({ asked, onDone }: { asked: Asked; onDone?: () => void }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="compact-sm" variant="default" leftSection={<UserCheck size={14} />} onClick={() => setOpen(true)}>
        {t(asked.action === "verification.override" ? "approval.ask.override" : "approval.ask.open")}
      </Button>
      {open && <AskDialog asked={asked} onClose={() => setOpen(false)} onDone={onDone} />}
    </>
  );
}
