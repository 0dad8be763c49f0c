import { Button, Group, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { serverNow } from "@/api/serverTime";
import { meQuery } from "@/app/me";
import { Dialog } from "@/components/Dialog";
import { minutesSeconds, secondsLeft } from "@/components/time";
import { useNow } from "@/components/useNow";
import { endOf, isActive, warnAhead, watchActivity } from "./sessionEnd";
import { useSignOut } from "./useSignOut";

/**
 * Warns before the session ends. One that ends for want of use is kept by a click;
 * one that has reached its greatest age is not, so there is time to finish what one is at.
 */
export function SessionEnd() {
  const { t } = useTranslation();
  const { data: me, refetch, isFetching } = useQuery(meQuery);
  const end = endOf(me?.session ?? null);
  const now = useNow(end ? 1000 : 0);
  const left = end ? secondsLeft(end.at, now) : Infinity;
  const near = left <= warnAhead;

  const at = end?.at;
  useEffect(() => {
    if (!at) {
      return;
    }
    const after = (ahead: number, run: () => void) => setTimeout(run, Math.max(0, (Date.parse(at) - serverNow().getTime()) / 1000 - ahead) * 1000);
    // Whoever works here is not asked: their requests have kept the session, or this one does.
    const warn = after(warnAhead, () => isActive() && void refetch());
    // At the end the server says whether it is one: another tab may have kept the session.
    const over = after(0, () => void refetch());
    return () => {
      clearTimeout(warn);
      clearTimeout(over);
    };
  }, [at, refetch]);
  useEffect(watchActivity, []);

  const signOut = useSignOut();
  return (
    <Dialog opened={near && left > 0} onClose={() => void refetch()} title={t("expiry.title")}>
      <Stack>
        <p role="timer" style={{ margin: 0 }}>
          {t(end?.final ? "expiry.final" : "expiry.idle", { time: minutesSeconds(Number.isFinite(left) ? left : 0) })}
        </p>
        <Group justify="flex-end">
          <Button variant="default" onClick={() => signOut.mutate()} loading={signOut.isPending}>
            {end?.final ? t("expiry.again") : t("own.signOut")}
          </Button>
          {!end?.final && (
            <Button onClick={() => void refetch()} loading={isFetching} data-autofocus>
              {t("expiry.stay")}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}
