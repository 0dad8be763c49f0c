import { ActionIcon, Popover, Tooltip } from "@mantine/core";
import { Bell as BellIcon } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { Loading } from "@/components/Loading";
import classes from "./Notification.module.css";

const Panel = lazy(() => import("./Panel").then((m) => ({ default: m.Panel })));

/** The bell in the top bar: how much is new, and the list behind it. */
export function Bell() {
  const { t } = useTranslation();
  const [opened, setOpened] = useState(false);
  const unread = useMe()?.unread_notifications ?? 0;
  const label = unread > 0 ? t("bell.unread", { count: unread }) : t("bell.title");
  return (
    <Popover opened={opened} onChange={setOpened} position="bottom-end" width="min(400px, calc(100vw - 16px))" trapFocus returnFocus shadow="md">
      <Popover.Target>
        <Tooltip label={label} disabled={opened}>
          <ActionIcon className={classes.bell} variant="subtle" color="gray" size={36} aria-label={label} onClick={() => setOpened(!opened)}>
            <BellIcon size={18} />
            {unread > 0 && (
              <span className={classes.count} aria-hidden="true">
                {unread > 99 ? "99+" : unread}
              </span>
            )}
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown className={classes.dropdown} aria-label={t("bell.title")}>
        <Suspense fallback={<Loading rows={3} height={44} />}>
          <Panel unread={unread} onClose={() => setOpened(false)} />
        </Suspense>
      </Popover.Dropdown>
    </Popover>
  );
}
