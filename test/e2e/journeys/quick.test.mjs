// Somebody who has never seen the product verifies a caller from the ticket: at most three keys or clicks until the field for the code,
// and at most 15 seconds from opening the ticket to the proof, of which the caller needs some to read six digits out.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, launch, pictured, signIn, startServer } from "../harness.mjs";

const longest = 15_000;
const reading = 4_000; // the caller looks at the phone and reads six digits out
const digitMs = 150; // between two keys of somebody who listens and types
let server, browser, page, call, customer;
let people = 0;

before(async () => {
  server = await startServer();
  browser = await launch();
  const { context, page: first } = await signIn(browser, server);
  page = first;
  call = api(context, server.base);
  customer = (await call.get("/api/customers?limit=1")).items[0].id;
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const hands = {
  "with the keyboard": async (acts) => {
    await acts("v", () => page.keyboard.press("v"));
    await acts("Enter", () => page.keyboard.press("Enter"));
  },
  "with the mouse": async (acts) => {
    await acts("click", () => page.locator("[data-verify]").click());
  },
};

for (const [how, send] of Object.entries(hands)) {
  test(`a caller is verified from the ticket ${how}`, () =>
    pictured(`quick ${how}`, [page], async () => {
      const mobile = `+1332555016${people++}`;
      const contact = await call.post("/api/contacts", { customer_id: customer, name: `Quick ${people}`, phones: [{ number: mobile, kind: "mobile" }] });
      const ticket = await call.post("/api/tickets", { customer_id: customer, contact_id: contact.id, summary: "Cannot sign in" });

      const began = Date.now();
      await page.goto(`${server.base}/tickets/${ticket.id}`);
      await page.locator("[data-verify]:enabled").waitFor();
      const done = [];
      await send(async (name, act) => {
        done.push(name);
        await act();
      });
      const field = page.locator("main input[inputmode=numeric]");
      await field.waitFor();
      await page.waitForFunction(() => document.activeElement?.matches("input"));
      assert.ok(done.length <= 3, `${done} until the field for the code`);
      assert.ok(await field.evaluate((input) => input === document.activeElement), "the field waits for the digits");

      const { body } = await call.message(mobile, /\b\d{6}\b/);
      await page.waitForTimeout(reading);
      await page.keyboard.type(/\b\d{6}\b/.exec(body)[0], { delay: digitMs });
      await page.getByText("Verified").first().waitFor();
      const took = Date.now() - began;
      console.log(`${how}: ${done.join(", ")}, then the code; ${took} ms`);
      assert.ok(took <= longest, `${took} ms`);
      assert.deepEqual(await axe(page), []);
    }));
}
