import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useLiveState } from "@/app/useLive";
import classes from "./LiveBadge.module.css";

/** Whether the page follows what happens. A lost connection says so, and catches up by itself. */
export function LiveBadge() {
  const { t } = useTranslation();
  const state = useLiveState();
  return (
    <Tooltip label={t(`live.${state}.text`)}>
      <span className={classes.live} data-state={state} role="status">
        <span className={classes.dot} aria-hidden="true" />
        <span className={classes.word}>{t(`live.${state}.word`)}</span>
      </span>
    </Tooltip>
  );
}
