// A contact sets a passkey up by a link and is verified by it, with the virtual authenticator of Chromium.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, launch, narrow, pictured, signIn, startServer } from "../harness.mjs";

let server, browser, desk, page, phone, call, contact, device;
const mobile = "+12125550161";
const office = "+12125550162";
const email = "paula.key@example.com";

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context: desk, page } = await signIn(browser, server));
  call = api(desk, server.base);
  const customers = await call.get("/api/customers?limit=1");
  contact = await call.post("/api/contacts", {
    customer_id: customers.items[0].id,
    name: "Paula Key",
    phones: [
      { number: mobile, kind: "mobile" },
      { number: office, kind: "mobile" },
    ],
    emails: [email],
  });
  const context = await browser.newContext({ viewport: narrow, locale: "en-US", reducedMotion: "reduce" });
  context.setDefaultTimeout(30_000);
  phone = await context.newPage();
  const devtools = await context.newCDPSession(phone);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  device = {
    credentials: async () => (await devtools.send("WebAuthn.getCredentials", { authenticatorId })).credentials,
  };
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const step = (name, run) => test(name, () => pictured(name, [page, phone], run));

/** The address of the newest link in messages to an address of the contact's. Each is asked once only: two messages to one are 30 seconds apart. */
async function linkIn(address, pattern) {
  const { body } = await call.message(address, pattern);
  return server.base + new URL(pattern.exec(body)[0]).pathname;
}

step("a contact who was not verified gets no link", async () => {
  await page.goto(`${server.base}/contacts/${contact.id}`);
  const button = page.getByRole("button", { name: "Send an enrolment link" });
  await button.waitFor();
  assert.ok(await button.isDisabled());
  await assert.rejects(call.post(`/api/contacts/${contact.id}/passkey-enrolments`, {}), /403.*"verification_level":"L2"/s);
});

step("after a verification the technician sends one, and the contact makes a passkey", async () => {
  const started = await call.post("/api/verifications", { contact_id: contact.id, method: "sms_code", address: office });
  const { body } = await call.message(office, /\b\d{6}\b/);
  await call.post(`/api/verifications/${started.id}/check`, { code: /\b\d{6}\b/.exec(body)[0] });
  await page.reload();
  const [answer] = await Promise.all([
    page.waitForResponse(/passkey-enrolments/),
    page.getByRole("button", { name: "Send an enrolment link" }).click(),
  ]);
  const spoken = (await answer.json()).spoken_number;
  assert.match(spoken, /^\d{3}$/);
  await page.getByText(spoken, { exact: true }).waitFor();
  assert.deepEqual(await axe(page), []);
  await phone.goto(await linkIn(mobile, /http\S+\/v\/passkey\/\S+/));
  assert.deepEqual(await axe(phone), []);
  await phone.getByLabel("The number that").fill(spoken);
  await phone.getByRole("button", { name: "Create the passkey" }).click();
  await phone.getByRole("heading", { name: "Your passkey is set up" }).waitFor();
  const [key] = await device.credentials();
  assert.equal(key.rpId, "localhost");
});

step("the contact confirms with it", async () => {
  const started = await call.post("/api/verifications", { contact_id: contact.id, method: "passkey", address: email, action: "reset the password" });
  assert.match(started.spoken_number, /^\d{2}$/);
  await phone.goto(await linkIn(email, /http\S+\/v\/(?!passkey)\S+/));
  assert.deepEqual(await axe(phone), []);
  await phone.getByText("reset the password").waitFor();
  await phone.getByLabel("The number that").fill(started.spoken_number);
  await phone.getByLabel("I called them").check();
  await phone.getByRole("button", { name: "Confirm with my passkey" }).click();
  await phone.getByRole("heading", { name: "Thank you, confirmed" }).waitFor();
  const ended = await call.get(`/api/verifications/${started.id}`);
  assert.equal(ended.state, "verified");
  assert.equal(ended.level, "L4");
});

step("the technician removes it", async () => {
  await page.reload();
  await page.getByRole("button", { name: /Remove the passkey/ }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await page.getByText("No passkey yet").waitFor();
  assert.deepEqual((await call.get(`/api/contacts/${contact.id}/passkeys`)).items, []);
});
