import { lazy, Suspense, useEffect, useState } from "react";
import { onPalette } from "./palette";

const Palette = lazy(() => import("@/features/palette/Palette").then((m) => ({ default: m.Palette })));

/** Fetches the command palette when it is first asked for. */
export function PaletteHost() {
  const [wanted, setWanted] = useState(false);
  useEffect(() => (wanted ? undefined : onPalette(() => setWanted(true))), [wanted]);
  return wanted ? (
    <Suspense fallback={null}>
      <Palette />
    </Suspense>
  ) : null;
}
