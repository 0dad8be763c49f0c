// The pages that contacts see, on a cheap phone: small, from this server alone, without script, at 320 pixels, enlarged twofold, from right to left.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, full, launch, listen, signIn, startServer } from "../harness.mjs";
import { startProvider } from "../provider.mjs";

const limit = 60 * 1024; // bytes of a page with all that it loads
const person = { subject: "subject-public", email: "public@northwind.example.com" };
let server, browser, call, customer, provider, pages;
let people = 0;

before(async () => {
  server = await startServer();
  browser = await launch();
  const { context } = await signIn(browser, server);
  call = api(context, server.base);
  provider = await startProvider(person);
  customer = (await call.get("/api/customers?limit=1")).items[0].id;
  await call.put(`/api/customers/${customer}/identity-provider`, { issuer: provider.issuer, client_id: provider.client, client_secret: provider.secret, scopes: ["email"] });
  pages = {
    "a link": { path: await verification("sms_link"), plain: true },
    "a sign-in at the company": { path: await verification("idp_step_up"), plain: true },
    "a form for consent": { path: await consent(), plain: true },
    "an invitation to a passkey": { path: await invitation(), plain: false },
    "a link that is over": { path: "/v/AAAAAAAAAAAAAAAAAAAAAA", plain: true, over: true },
  };
});

after(async () => {
  await browser?.close();
  await provider?.stop();
  await server?.stop();
});

/** A new contact with a number and an address of their own. */
async function somebody() {
  const n = people++;
  const contact = { mobile: `+1332555017${n}`, email: `public${n}@northwind.example.com` };
  const { id } = await call.post("/api/contacts", { customer_id: customer, name: `Public ${n}`, phones: [{ number: contact.mobile, kind: "mobile" }], emails: [contact.email] });
  return { ...contact, id };
}

async function linkIn(address, pattern) {
  const { body } = await call.message(address, pattern);
  return new URL(pattern.exec(body)[0]).pathname;
}

async function verification(method) {
  const { id, mobile, email } = await somebody();
  await call.post("/api/verifications", { contact_id: id, method });
  return linkIn(method === "sms_link" ? mobile : email, /http\S+\/v\/\S+/);
}

async function consent() {
  const { id, email } = await somebody();
  await call.post(`/api/contacts/${id}/opt-in-forms`, { way: "email" });
  return linkIn(email, /http\S+\/v\/optin\/\S+/);
}

async function invitation() {
  const { id, mobile, email } = await somebody();
  const second = "+13325550189";
  await call.patch(`/api/contacts/${id}`, { phones: [{ number: mobile, kind: "mobile" }, { number: second, kind: "mobile" }], emails: [email] });
  const started = await call.post("/api/verifications", { contact_id: id, method: "sms_code", address: mobile });
  const { body } = await call.message(mobile, /\b\d{6}\b/);
  await call.post(`/api/verifications/${started.id}/check`, { code: /\b\d{6}\b/.exec(body)[0] });
  await call.post(`/api/contacts/${id}/passkey-enrolments`, { address: email });
  return linkIn(email, /http\S+\/v\/passkey\/\S+/);
}

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
