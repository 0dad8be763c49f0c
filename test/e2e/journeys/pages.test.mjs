// Every page, in both themes and both languages: no violation that axe can find, and no error.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { api, axe, launch, listen, narrow, signIn, startServer, wide } from "../harness.mjs";
import { consolePages, open, strangersPages } from "../pages.mjs";

let server, browser, context, page, call, pages;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  call = api(context, server.base);
  pages = await consolePages(call);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("the list of pages is complete", () => {
  const router = readFileSync(new URL("../../../web/src/app/router.tsx", import.meta.url), "utf8");
  const routes = [...router.matchAll(/path: "([^"]+)"/g)].map((m) => m[1]).filter((path) => !["/settings/$tab", "/new-password"].includes(path));
  const known = [...pages, ...strangersPages].map(([, path]) => path.replace(/\/[0-9a-f-]{36}$/, "/$id"));
  assert.deepEqual(routes.filter((path) => !known.includes(path)), []);
});

for (const theme of ["light", "dark"]) {
  for (const [size, viewport] of Object.entries({ wide, narrow })) {
    test(`axe finds nothing on any page, ${theme}, ${size}`, async () => {
      await call.patch("/api/me", { theme });
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize(viewport);
      const found = [];
      for (const [name, path] of pages) {
        await open(page, server.base, path);
        found.push(...(await axe(page)).map((line) => `${name}: ${line}`));
        const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (overflow > 0) {
          found.push(`${name}: the page is ${overflow} px wider than the window`);
        }
      }
      assert.deepEqual(found, []);
    });

    test(`axe finds nothing before the sign-in, ${theme}, ${size}`, async () => {
      const stranger = await browser.newContext({ viewport, colorScheme: theme });
      listen(stranger);
      const before = await stranger.newPage();
      const found = [];
      for (const [name, path] of strangersPages) {
        await open(before, server.base, path);
        found.push(...(await axe(before)).map((line) => `${name}: ${line}`));
      }
      await stranger.close();
      assert.deepEqual([...found, ...stranger.complaints], []);
    });
  }
}

test("in French no page shows the name of a text instead of the text", async () => {
  await call.patch("/api/me", { locale: "fr" });
  const found = [];
  for (const [name, path] of pages) {
    await open(page, server.base, path);
    const text = await page.evaluate(() => document.body.innerText);
    found.push(...[...text.matchAll(/\b(?:shell|nav|desk|verify|panel|request|outcome|contact|customer|ticket|audit|settings|sandbox)\.[a-z]\w+/gi)].map((m) => `${name}: ${m[0]}`));
  }
  await call.patch("/api/me", { locale: "en" });
  assert.deepEqual(found, []);
});

test("the pages reported no error and asked no other host", () => assert.deepEqual(context.complaints, []));
