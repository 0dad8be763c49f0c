import { useEffect, useRef } from "react";
import { usePreference } from "@/app/preference";
import { chime } from "./chime";
import { usePending } from "./data";

/** Plays the sound when somebody new waits. What was there when the page was opened is not new. */
export function useArrivalSound(): void {
  const [sound] = usePreference("cs-sound", "on");
  const { requests, isPending } = usePending();
  const seen = useRef<Set<string> | null>(null);
  const ids = requests.map((r) => r.id).join(" ");
  useEffect(() => {
    if (isPending) {
      return;
    }
    const now = ids ? ids.split(" ") : [];
    const before = seen.current;
    if (before && sound === "on" && now.some((id) => !before.has(id))) {
      chime();
    }
    seen.current = new Set([...(before ?? []), ...now]);
  }, [ids, isPending, sound]);
}
