import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";

/**
 * Whether the form for a new thing is open on a list. `?new=1` opens it, so that the palette and the desk can lead to it;
 * it is taken out of the address at once, so that Back does not open it again.
 */
export function useNew(): [opened: boolean, set: (opened: boolean) => void] {
  const { new: wanted } = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const [opened, setOpened] = useState(false);
  useEffect(() => {
    if (wanted === "1") {
      setOpened(true);
      void navigate({ to: ".", search: ((old: Record<string, string>) => ({ ...old, new: undefined })) as never, replace: true, resetScroll: false });
    }
  }, [wanted, navigate]);
  return [opened, setOpened];
}
