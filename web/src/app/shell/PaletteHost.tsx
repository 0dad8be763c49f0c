import { lazy, Suspense, useEffect, useState } from "react";
import { onPalette } from "./palette";

const load = () => import("@/features/palette/Palette");
const Palette = lazy(async () => ({ default: (await load()).Palette }));

/** Fetches the command palette once the page has settled, so that it is there when it is asked for. */
export function PaletteHost() {
  const [wanted, setWanted] = useState(false);
  useEffect(() => (wanted ? undefined : onPalette(() => setWanted(true))), [wanted]);
  useEffect(() => {
    const timer = setTimeout(() => void load().catch(() => {}), 2500);
    return () => clearTimeout(timer);
  }, []);
  return wanted ? (
    <Suspense fallback={null}>
      <Palette />
    </Suspense>
  ) : null;
}
