import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.COUNTERSIGN_SERVER ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    target: "es2022",
    // The content security policy allows no data: script, and a file of its own can be cached.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // The console, and the small page that ticket systems frame.
      input: { index: "index.html", pod: "pod.html" },
      output: {
        // The frameworks change less often than the console: in a file of their own they stay cached.
        codeSplitting: {
          groups: [
            { name: "react", test: /node_modules[\\/](react|react-dom|scheduler)[\\/]/ },
            { name: "vendor", test: /node_modules[\\/](@tanstack|i18next|react-i18next|openapi-fetch)[\\/]/ },
            // What many pages share is one file, not twenty.
            { name: "icons", test: /node_modules[\\/]lucide-react[\\/]/ },
            { name: "base", test: /[\\/]src[\\/](api|app|i18n|components[\\/](?!form|list|Detail|Confirm))/, minShareCount: 4, priority: 2 },
            { name: "forms", test: /[\\/]src[\\/]components[\\/]form[\\/]/, minShareCount: 4, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    host: "127.0.0.1",
    // The guides of docs/ are part of the console.
    fs: { allow: [".."] },
    proxy: { "/api": server, "/v": server, "/healthz": server },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    restoreMocks: true,
  },
});
