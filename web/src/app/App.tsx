import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Toasts } from "@/components/Toasts";
import { ReauthenticateHost } from "@/features/security/ReauthenticateHost";
import { theme, variables } from "@/theme/theme";
import { router } from "./router";
import { queries } from "./services";
import { colorSchemes } from "./colorScheme";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? "";

/** Everything around the pages. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      colorSchemeManager={colorSchemes}
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={router} />
        <Toasts />
        <ReauthenticateHost />
      </QueryClientProvider>
    </MantineProvider>
  );
}
