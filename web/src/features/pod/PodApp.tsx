import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, createRootRoute, createRouter, RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { colorSchemes } from "@/app/colorScheme";
import { queries } from "@/app/services";
import { Toasts } from "@/components/Toasts";
import { theme, variables } from "@/theme/theme";
import { isWindow } from "./address";
import { Pod } from "./Pod";
import { SignInWindow } from "./SignInWindow";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

// The panel links to pages of the console. They do not open in the frame, so that the routes lead nowhere.
const root = createRootRoute({ component: isWindow() ? SignInWindow : Pod, notFoundComponent: () => null });
const router = createRouter({ routeTree: root, history: createMemoryHistory() });

/** Everything around the pod and around its window. */
export function PodApp() {
  useEffect(() => {
    document.addEventListener("click", openOutside, { capture: true });
    return () => document.removeEventListener("click", openOutside, { capture: true });
  }, []);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemes}
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={router as never} />
        <Toasts />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** What leads to a page of the console opens it in a tab of its own. */
function openOutside(event: MouseEvent): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[href]") : null;
  if (link) {
    event.preventDefault();
    event.stopPropagation();
    window.open(link.href, "_blank", "noopener");
  }
}
