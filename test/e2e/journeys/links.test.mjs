// A link in a message is opened by scanners and previews long before its owner sees it. Whatever they do, it must still be good.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, full, launch, listen, narrow, signIn, startServer } from "../harness.mjs";

const loads = full ? 500 : 10;
let server, browser, call, customer;

before(async () => {
  server = await startServer();
  browser = await launch();
  const { context } = await signIn(browser, server);
  call = api(context, server.base);
  customer = (await call.get("/api/customers?limit=1")).items[0].id;
  await call.patch("/api/settings/verification", { code_minutes: 10 });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

let people = 0;

/** Starts a verification by link for a new contact, and returns it with the link from the message. */
async function sendLink(method, language) {
  const n = String(people++).padStart(2, "0");
  const address = method === "sms_link" ? `+121255501${50 + Number(n)}` : `scanned${n}@example.com`;
  const contact = await call.post("/api/contacts", {
    customer_id: customer,
    name: `Scanned ${n}`,
    language,
    ...(method === "sms_link" ? { phones: [{ number: address, kind: "mobile" }] } : { emails: [address] }),
  });
  const verification = await call.post("/api/verifications", { contact_id: contact.id, method });
  const message = await call.message(address, /\/v\//);
  const path = /https?:\/\/[^/\s]+(\/v\/\S+)/.exec(message.body)[1];
  return { verification, url: server.base + path };
}

/** Opens the link; a click or a submission that is still under way may interrupt the first try. */
async function visit(page, url, budget) {
  budget.left--;
  await page.goto(url).catch(() => page.goto(url));
}

/** Does what a scanner with script does: presses everything once, submits every form empty, with and without the browser's own checks. */
async function scan(page, url, budget) {
  await visit(page, url, budget);
  const targets = "a[href], button, input, select, label, summary, [role=button], [onclick]";
  const count = await page.locator(targets).count();
  for (let i = 0; i < count && budget.left > 0; i++) {
    const target = page.locator(targets).nth(i);
    if (await target.isVisible()) {
      await target.click({ timeout: 2000 }).catch(() => {}); // what covers or moves it is no reason to stop
      await page.waitForLoadState();
    }
    await visit(page, url, budget);
  }
  const forms = await page.locator("form").count();
  for (let i = 0; i < forms; i++) {
    for (const way of ["requestSubmit", "submit"]) {
      if (budget.left <= 0) {
        return;
      }
      await Promise.all([
        page.waitForEvent("load"),
        page.evaluate(
          ([index, how]) => {
            const form = document.forms[index];
            form.noValidate = true;
            HTMLFormElement.prototype[how].call(form);
          },
          [i, way],
        ),
      ]);
      await visit(page, url, budget);
    }
  }
  for (const method of ["HEAD", "OPTIONS", "POST", "PUT", "DELETE"]) {
    await page.request.fetch(url, { method, headers: { origin: new URL(url).origin }, ...(method === "POST" ? { form: {} } : {}) });
  }
}

for (const method of ["sms_link", "email_link"]) {
  for (const language of ["en", "fr"]) {
    test(`${method} in ${language}: ${loads} loads by a scanner use up nothing`, async () => {
      const { verification, url } = await sendLink(method, language);
      const context = await browser.newContext({ viewport: narrow, locale: language });
      listen(context);
      const page = await context.newPage();
      await page.goto(url);
      assert.equal(await page.locator("html").getAttribute("lang"), language);
      for (const colorScheme of ["light", "dark"]) {
        await page.emulateMedia({ colorScheme });
        assert.deepEqual(await axe(page), []);
      }
      const budget = { left: loads };
      while (budget.left > 0) {
        await scan(page, url, budget);
      }
      const { state, tries_left } = await call.get(`/api/verifications/${verification.id}`);
      assert.deepEqual({ state, tries_left }, { state: "pending", tries_left: verification.tries_left });

      // It is still good for the person it was sent to.
      await page.goto(url);
      await page.locator("#number").fill(verification.spoken_number);
      await page.locator("input[type=radio][value=inbound]").check();
      await page.locator("button[value=validate]").click();
      await page.locator("h1.good").waitFor();
      assert.deepEqual(await axe(page), []);
      assert.equal((await call.get(`/api/verifications/${verification.id}`)).state, "verified");
      assert.deepEqual(context.complaints, []);
      await context.close();
    });
  }
}

test("one wrong number ends a link, and the page says so", async () => {
  const { verification, url } = await sendLink("email_link", "en");
  const context = await browser.newContext({ viewport: narrow });
  const page = await context.newPage();
  await page.goto(url);
  await page.locator("#number").fill(verification.spoken_number === "000" ? "001" : "000");
  await page.locator("input[type=radio][value=inbound]").check();
  await page.locator("button[value=validate]").click();
  await page.locator("h1.bad").waitFor();
  assert.deepEqual(await axe(page), []);
  assert.equal((await call.get(`/api/verifications/${verification.id}`)).state, "failed");
  assert.equal((await page.goto(url)).status(), 410);
  assert.deepEqual(await axe(page), []);
  await context.close();
});
