import "@fontsource-variable/inter";
import "./theme/mantine";
import "./theme/tokens.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";
import { startLanguages } from "./i18n";

// The scroll lock of dialogs makes a style element of its own and reads its nonce from here.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content;
if (nonce) {
  Object.assign(globalThis, { __webpack_nonce__: nonce });
}

await startLanguages();

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
