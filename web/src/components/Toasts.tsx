import { CloseButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Callout } from "./Callout";
import { dismiss, useToasts } from "./toast";
import classes from "./Toasts.module.css";

/** The corner for short messages. It is always there, so that screen readers hear what appears in it. */
export function Toasts() {
  const { t } = useTranslation();
  const toasts = useToasts();
  return (
    <div className={classes.toasts} role="status" aria-live="polite">
      {toasts.map((toast) => (
        <div key={toast.id} className={classes.toast}>
          <Callout tone={toast.tone} live="off">
            {toast.text}
          </Callout>
          <CloseButton className={classes.close} size="sm" aria-label={t("dismiss")} onClick={() => dismiss(toast.id)} />
        </div>
      ))}
    </div>
  );
}
