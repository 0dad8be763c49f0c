import { Button, CloseButton } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Callout } from "./Callout";
import { dismiss, hold, useToasts } from "./toast";
import classes from "./Toasts.module.css";

/** The corner for short messages. It is always there, so that screen readers hear what appears in it. */
export function Toasts() {
  const { t } = useTranslation();
  const toasts = useToasts();
  return (
    <div
      className={classes.toasts}
      role="status"
      aria-live="polite"
      onMouseEnter={() => hold(true)}
      onMouseLeave={() => hold(false)}
      onFocus={() => hold(true)}
      onBlur={() => hold(false)}
    >
      {toasts.map(({ id, tone, text, action }) => (
        <div key={id} className={classes.toast}>
          <Callout tone={tone} live="off">
            <div className={classes.line}>
              {text}
              {action && (
                <Button
                  variant="default"
                  size="compact-sm"
                  onClick={() => {
                    hold(false);
                    dismiss(id);
                    action.run();
                  }}
                >
                  {action.label}
                </Button>
              )}
            </div>
          </Callout>
          <CloseButton
            className={classes.close}
            size="sm"
            aria-label={t("dismiss")}
            onClick={() => {
              hold(false);
              dismiss(id);
            }}
          />
        </div>
      ))}
    </div>
  );
}
