import { Tooltip } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useMe } from "@/app/me";
import { absolute, relative } from "./time";
import { useNow } from "./useNow";

/** A time as people say it, with the exact one on hover and for screen readers, in the person's zone. */
export function RelativeTime({ at, empty = "–" }: { at: string | null | undefined; empty?: string }) {
  const { i18n } = useTranslation();
  const me = useMe();
  const now = useNow(15_000);
  if (!at) {
    return <span>{empty}</span>;
  }
  const date = new Date(at);
  const zone = me?.technician.time_zone || me?.organization.time_zone;
  return (
    <Tooltip label={absolute(date, i18n.language, zone)}>
      <time dateTime={at} title="">
        {relative(date, now, i18n.language)}
      </time>
    </Tooltip>
  );
}
