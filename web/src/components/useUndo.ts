import { useTranslation } from "react-i18next";
import { problemText } from "./problemText";
import { toast, toastUndo } from "./toast";

/**
 * For what can be taken back: `undo(text, back)` says what was done and offers for eight seconds to undo it.
 * The change is made before, not after the wait: closing the tab loses nothing.
 */
export function useUndo(): (text: string, back: () => Promise<unknown>) => void {
  const { t } = useTranslation();
  return (text, back) =>
    toastUndo(text, t("undo"), () => {
      back().then(
        () => toast(t("undone")),
        (error: unknown) => toast(problemText(error, t), "denied"),
      );
    });
}
