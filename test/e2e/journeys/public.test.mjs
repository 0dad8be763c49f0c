// The pages that contacts see, on a cheap phone: small, from this server alone, without script, at 320 pixels, enlarged twofold, from right to left.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, full, launch, listen, signIn, startServer } from "../harness.mjs";
import { publicPages } from "../public.mjs";

const limit = 60 * 1024; // bytes of a page with all that it loads
let server, browser, pages, stop;

before(async () => {
  server = await startServer();
  browser = await launch();
  const { context } = await signIn(browser, server);
  ({ pages, stop } = await publicPages(api(context, server.base)));
});

after(async () => {
  await browser?.close();
  await stop?.();
  await server?.stop();
});

/** Opens every page in a new browser context and collects what `look` finds. */
async function everyPage(options, look) {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  listen(context);
  const page = await context.newPage();
  const found = [];
  for (const [name, about] of Object.entries(pages)) {
    for (const lang of full ? ["en", "ar", "de", "pl"] : ["en", "ar"]) {
      await page.goto(`${server.base}${about.path}?lang=${lang}`);
      found.push(...(await look(page, about, lang)).map((line) => `${name}, ${lang}: ${line}`));
    }
  }
  await context.close();
  return [...found, ...context.complaints];
}

const overflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test("no page loads more than 60 KB, nor anything from elsewhere", async () => {
  const context = await browser.newContext();
  listen(context);
  for (const [name, { path }] of Object.entries(pages)) {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send("Network.enable");
    let bytes = 0;
    devtools.on("Network.loadingFinished", ({ encodedDataLength }) => (bytes += encodedDataLength));
    await page.goto(server.base + path, { waitUntil: "networkidle" });
    assert.ok(bytes > 500 && bytes <= limit, `${name}: ${bytes} bytes`);
    await page.close();
  }
  assert.deepEqual(context.complaints, []);
});

test("without script each says all it has to, and can be answered or says why not", async () => {
  const found = await everyPage({ viewport: { width: 320, height: 640 }, javaScriptEnabled: false }, async (page, { plain, over }) => {
    const lines = [];
    if ((await page.getByRole("heading", { level: 1 }).count()) !== 1) {
      lines.push("no heading");
    }
    if (!over && (await page.locator("form button").count()) === 0) {
      lines.push("no way to answer");
    }
    if (!plain && !(await page.locator("noscript p").isVisible())) {
      lines.push("does not say that it needs script");
    }
    if (plain && (await page.locator("script").count()) > 0) {
      lines.push("has a script");
    }
    return lines;
  });
  assert.deepEqual(found, []);
});

for (const [what, options, enlarge] of [
  ["at 320 pixels", { viewport: { width: 320, height: 640 } }, 1],
  ["at 1280 pixels enlarged twofold", { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 }, 1],
  ["at 390 pixels with letters of twice the size", { viewport: { width: 390, height: 844 } }, 2],
]) {
  test(`${what} everything fits, and nothing is in the way of a reader`, async () => {
    const found = await everyPage(options, async (page, _, lang) => {
      const lines = [];
      if (enlarge > 1) {
        await page.evaluate((factor) => (document.documentElement.style.fontSize = `${16 * factor}px`), enlarge);
      }
      const wider = await overflow(page);
      if (wider > 0) {
        lines.push(`${wider} px wider than the window`);
      }
      const direction = await page.evaluate(() => getComputedStyle(document.body).direction);
      if (direction !== (lang === "ar" ? "rtl" : "ltr")) {
        lines.push(`written ${direction}`);
      }
      for (const button of await page.locator("button:visible, .choice:visible, summary:visible").all()) {
        const box = await button.boundingBox();
        if (box.height < 44) {
          lines.push(`${await button.innerText()}: only ${box.height} px high`);
        }
      }
      return full || options.viewport.width === 320 ? [...lines, ...(await axe(page))] : lines;
    });
    assert.deepEqual(found, []);
  });
}

test("in the dark every page is as easy to read", async () => {
  assert.deepEqual(await everyPage({ viewport: { width: 390, height: 844 }, colorScheme: "dark" }, (page) => axe(page)), []);
});
