import { useQuery } from "@tanstack/react-query";
import { Outlet, useLocation } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { meQuery } from "@/app/me";
import { usePreference } from "@/app/preference";
import { live } from "@/app/services";
import { useCatchUp, useConnection } from "@/app/useConnection";
import { Loading } from "@/components/Loading";
import { Sheet } from "@/components/Sheet";
import { type Brand, useBrand } from "@/features/branding/useBrand";
import { Arrivals } from "@/features/verify/Arrivals";
import { BottomBar } from "./BottomBar";
import { Keys } from "./Keys";
import { Navigation } from "./Navigation";
import { OfflineBanner } from "./OfflineBanner";
import { PaletteHost } from "./PaletteHost";
import { PrintHead } from "./PrintHead";
import { SessionEnd } from "./SessionEnd";
import { TopBar } from "./TopBar";
import { usePersonalSettings } from "./usePersonalSettings";
import classes from "./Shell.module.css";

const PhonePanel = lazy(() => import("@/features/sandbox/PhonePanel").then((m) => ({ default: m.PhonePanel })));

/** The frame around every page behind the sign-in. */
export function Shell() {
  const { t } = useTranslation();
  // The one place that keeps it fresh: everywhere else it is only read.
  const { data: me } = useQuery(meQuery);
  const [folded, setFolded] = usePreference("cs-nav", "open");
  const [phone, setPhone] = usePreference("cs-phone", "closed");
  const [menu, setMenu] = useState(false);
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  usePersonalSettings();
  useBrand(me?.organization.branding as Brand | undefined);
  useCatchUp();
  const { up } = useConnection();

  useEffect(() => {
    live.start();
    return () => live.stop();
  }, []);
  useEffect(() => setMenu(false), [pathname]);
  useFocusAfterNavigation(main, pathname);

  const phoneOpen = phone === "open" && me?.organization.sandbox === true && pathname !== "/sandbox";
  return (
    <div className={classes.shell} data-nav={folded} data-phone={phoneOpen ? "open" : undefined}>
      <a href="#main" className={classes.skip} onClick={(e) => skip(e, main.current)}>
        {t("shell.skip")}
      </a>
      <TopBar onMenu={() => setMenu(true)} phoneOpen={phoneOpen} onPhone={() => setPhone(phoneOpen ? "closed" : "open")} />
      <div className={classes.nav}>
        <Navigation folded={folded === "folded"} onFold={() => setFolded(folded === "folded" ? "open" : "folded")} />
      </div>
      <main id="main" ref={main} tabIndex={-1} className={classes.main} data-stale={up ? undefined : true}>
        <div className={classes.page}>
          <PrintHead />
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </div>
      </main>
      {phoneOpen && (
        <aside className={classes.phone} aria-label={t("sandbox.title")}>
          <Suspense fallback={<Loading />}>
            <PhonePanel onClose={() => setPhone("closed")} />
          </Suspense>
        </aside>
      )}
      <BottomBar onMenu={() => setMenu(true)} />
      <Sheet opened={menu} onClose={() => setMenu(false)} title={t("name")} position="left" size={280}>
        <Navigation folded={false} />
      </Sheet>
      <Arrivals />
      <Keys />
      <PaletteHost />
      <OfflineBanner />
      <SessionEnd />
    </div>
  );
}

function skip(event: React.MouseEvent, main: HTMLElement | null) {
  event.preventDefault();
  main?.focus();
}

/** After a change of page the focus goes to its content, so that a screen reader does not stay in the old navigation. */
function useFocusAfterNavigation(main: React.RefObject<HTMLElement | null>, pathname: string) {
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current !== pathname) {
      before.current = pathname;
      main.current?.focus({ preventScroll: true });
    }
  }, [main, pathname]);
}
