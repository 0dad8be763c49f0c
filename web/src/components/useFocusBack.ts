import { useLayoutEffect } from "react";

/**
 * Gives the focus back once what opened over the page is gone, if nothing else took it: to what opened it; to the button of a menu that it was chosen
 * from; or else to the page. Mantine does so only where `opened` changes and what opened it is still there.
 */
export function useFocusBack(opened: boolean): void {
  useLayoutEffect(() => {
    if (!opened) {
      return;
    }
    const from = document.activeElement;
    const menu = from?.closest("[role=menu]")?.getAttribute("aria-labelledby");
    return () => {
      setTimeout(() => {
        if (document.activeElement !== document.body) {
          return;
        }
        const places = [from, menu ? document.getElementById(menu) : null, document.getElementById("main")];
        for (const place of places) {
          if (place instanceof HTMLElement && place !== document.body && place.isConnected) {
            place.focus({ preventScroll: true });
            if (document.activeElement === place) {
              return;
            }
          }
        }
      }, 50);
    };
  }, [opened]);
}
