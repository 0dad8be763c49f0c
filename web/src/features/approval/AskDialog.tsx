import { useTranslation } from "react-i18next";
import { Dialog } from "@/components/Dialog";
import { AskForm, type AskProps } from "./AskForm";
import { titleOfAction } from "./words";

/** The question to a second person as a dialog of its own. */
export function AskDialog(props: AskProps) {
  const { t } = useTranslation();
  return (
    <Dialog opened onClose={props.onClose} title={titleOfAction(props.asked.action, t)}>
      <AskForm {...props} />
    </Dialog>
  );
}
