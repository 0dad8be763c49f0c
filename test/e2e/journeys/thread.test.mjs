// The thread of the product, once by mouse and once by keyboard alone: a caller proves who they are, then we prove who we are.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, pictured, signIn, startServer } from "../harness.mjs";
import { keyboard, mouse } from "../hands.mjs";
import { open } from "../pages.mjs";

let server, browser, context, page, phone, call, people;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  phone = await context.newPage();
  call = api(context, server.base);
  const { items } = await call.get("/api/contacts?limit=200");
  people = items.filter((c) => c.phones.some((p) => p.kind === "mobile") && c.opted_out.length === 0 && c.shield.state === "none");
  assert.ok(people.length >= 4, "the demo organization needs four contacts with a mobile phone");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Takes the phone of a contact into the hand. */
async function pickUp(hand, contact) {
  await phone.bringToFront();
  await open(phone, server.base, "/sandbox");
  await hand.choose(phone, phone.getByRole("combobox", { name: "Phone of" }), contact.name);
  await phone.getByRole("region", { name: `Phone of ${contact.name}` }).waitFor();
}

/** Waits until the newest message on the phone holds a code, and returns the code. */
async function readCode() {
  const message = phone.getByRole("list", { name: "Messages" }).getByRole("listitem").filter({ hasText: /\b\d{6}\b/ }).last();
  await message.waitFor();
  return /\b\d{6}\b/.exec(await message.textContent())[0];
}

async function answer(hand, text) {
  await phone.bringToFront();
  await hand.type(phone, phone.getByRole("textbox", { name: "Write as the contact" }), text);
  await hand.press(phone, phone.getByRole("button", { name: "Send", exact: true }));
}

const step = (name, run) => test(name, () => pictured(name, [page, phone], run));

for (const hand of [mouse, keyboard]) {
  step(`by ${hand.name}: a caller is verified by an SMS code`, async () => {
    const caller = people.shift();
    await page.bringToFront();
    await open(page, server.base, "/");
    await page.keyboard.press("g");
    await page.keyboard.press("v");
    await page.getByRole("heading", { level: 1, name: "Verify" }).waitFor();
    await hand.type(page, page.getByRole("searchbox", { name: "Who is calling?" }), caller.name);
    await hand.press(page, page.getByRole("link", { name: new RegExp(caller.name) }).first());
    await page.waitForURL(`**/contacts/${caller.id}*`);
    await hand.press(page, page.getByRole("button", { name: "Send: SMS code" }));
    const field = page.getByRole("textbox", { name: "The 6 digits that they read out" });
    await field.waitFor();
    assert.ok(await field.evaluate((e) => e === document.activeElement), "the code field has the focus");

    await pickUp(hand, caller);
    const code = await readCode();
    await page.bringToFront();
    await page.keyboard.type(code);
    await page.getByRole("heading", { name: "Verified", exact: true }).waitFor();
    const { items } = await call.get(`/api/verifications?contact_id=${caller.id}`);
    assert.equal(items[0].state, "verified");
  });

  step(`by ${hand.name}: a technician is verified by #verify, claim and #confirm`, async () => {
    const asker = people.shift();
    await page.bringToFront();
    await open(page, server.base, "/verify");
    await pickUp(hand, asker);
    await answer(hand, "#verify");
    const code = await readCode();

    await page.bringToFront(); // the card has arrived meanwhile, without a reload
    const card = page.getByRole("main").getByRole("article", { name: `Request of ${asker.name}` });
    await card.waitFor();
    assert.ok(!(await page.content()).includes(code), "the code is not shown before the claim");
    await hand.press(page, card.getByRole("button", { name: "Claim", exact: true }));
    const claim = card.getByRole("button", { name: "Claim and show the code" });
    await claim.and(page.locator(":enabled")).waitFor();
    await hand.press(page, claim);
    const shown = await card.getByText(/Code to read out: [\d ]+/).textContent();
    assert.equal(shown.replace(/\D/g, ""), code, "both sides have the same code");

    await answer(hand, "#confirm");
    await page.bringToFront();
    await page.getByText(`${asker.name} confirmed that it is you`).first().waitFor();
    await hand.press(page, card.getByRole("link", { name: "Open the ticket" }));
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.getByText(/confirm/i).first().waitFor();
  });
}

test("the pages reported no error and asked no other host", () => assert.deepEqual(context.complaints, []));
