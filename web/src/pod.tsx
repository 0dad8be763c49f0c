import "@fontsource-variable/inter";
import "./theme/mantine";
import "./theme/tokens.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { actInPod } from "./api/pod";
import { PodApp } from "./features/pod/PodApp";
import { isWindow, ownPod } from "./features/pod/address";
import { startLanguages } from "./i18n";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
if (nonce) {
  Object.assign(globalThis, { __webpack_nonce__: nonce });
}

// The window signs in with the browser's own session; the pod works with the one that it was handed.
if (!isWindow()) {
  actInPod(ownPod());
}

await startLanguages();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <PodApp />
    </StrictMode>,
  );
}
