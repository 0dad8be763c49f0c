// A relay is two calls at once: somebody calls us as a client, and the client as one of us, and passes on what each says. He sits between two
// browsers here: the technician's console and the client's telephone. Whatever he passes on, it ends frozen on both sides.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, eventually, launch, listen, narrow, pictured, signIn, startServer } from "../harness.mjs";
import { open } from "../pages.mjs";

let server, browser, desk, console_, phone, her, call, people;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context: desk, page: console_ } = await signIn(browser, server)); // the technician
  phone = await browser.newContext({ viewport: narrow, locale: "en-US" }); // the victim, who has no session here
  phone.setDefaultTimeout(30_000);
  listen(phone);
  her = await phone.newPage();
  call = api(desk, server.base);
  const { items } = await call.get("/api/contacts?limit=200");
  people = items.filter((c) => c.phones.some((p) => p.kind === "mobile") && c.emails.length > 0 && c.opted_out.length === 0 && c.shield.state === "none");
  assert.ok(people.length >= 3, "the demo organization needs three contacts with a mobile phone and a mailbox");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const step = (name, run) => test(name, () => pictured(name, [console_, her], run));
const mobile = (contact) => contact.phones.find((p) => p.kind === "mobile").number;

/** The technician starts a verification of whom the caller says that he is. */
async function verify(victim, method) {
  await open(console_, server.base, `/contacts/${victim.id}`);
  await console_.getByRole("button", { name: `Send: ${method}` }).click();
}

/** What the console and the record say at the end. */
async function endsFrozen(victim, reason) {
  await console_.getByRole("heading", { name: "Frozen", exact: true }).waitFor();
  await console_.getByText(`Hang up and call ${victim.name} back on a number you know`).first().waitFor();
  const { items } = await call.get(`/api/verifications?contact_id=${victim.id}`);
  assert.equal(items[0].state, "frozen");
  await eventually(`an alert of ${reason}`, async () => (await call.get("/api/audit?action=security.alert&limit=50")).items.find((e) => e.reason === reason));
  // Nothing is proved by it, whatever he asks for now.
  const asked = await desk.request.post(`${server.base}/api/contacts/${victim.id}/clearances`, {
    data: { action: "general_question" },
    headers: { origin: server.base },
  });
  assert.equal(asked.status(), 403);
}

step("the relayed link of a caller: the page asks her who called, and everything freezes", async () => {
  const victim = people.shift();
  await verify(victim, "SMS link"); // he said that he is the victim and called us
  const number = await console_.getByText("Number to speak").locator("..").getByText(/^\d[\s\d]*$/).first().textContent();
  const message = await call.message(mobile(victim), /\/v\//);

  // To her he is one of us, and says the number that the technician told him a second ago.
  await her.goto(server.base + /https?:\/\/[^/\s]+(\/v\/\S+)/.exec(message.body)[1]);
  await her.locator("#number").fill(number.replace(/\D/g, ""));
  await her.locator("input[type=radio][value=outbound]").check(); // "they called me": the truth
  await her.locator("button[value=validate]").click();
  await her.getByRole("heading", { name: "Stopped, to be safe" }).waitFor();
  await her.getByText("Hang up and call us on the number you know").waitFor();
  assert.deepEqual(await axe(her), []);
  await endsFrozen(victim, "direction_mismatch");
  assert.deepEqual(await axe(console_), []);

  // He has her try again, and say that it was she who called.
  await her.goto(her.url());
  assert.equal(await her.locator("#number").count(), 0, "there is no form any more");
});

step("the relayed code of a caller: she asks who is calling, and everything freezes", async () => {
  const victim = people.shift();
  await verify(victim, "Email code");
  const mail = await call.message(victim.emails[0], /\b\d{6}\b/);
  const code = /\b\d{6}\b/.exec(mail.body)[0];
  await call.text(mobile(victim), "#verify"); // before she reads it to him
  await endsFrozen(victim, "possible_relay");
  await call.message(mobile(victim), /to be safe we stopped/);
  const { items } = await call.get(`/api/verifications?contact_id=${victim.id}`);
  const late = await desk.request.post(`${server.base}/api/verifications/${items[0].id}/check`, { data: { code }, headers: { origin: server.base } });
  assert.equal(late.status(), 422, "the code that she read out after all");
});

step("the relayed code of a technician: as soon as he is verified in turn, everything freezes", async () => {
  const victim = people.shift();
  await call.text(mobile(victim), "#verify"); // he called her as one of us, and she does as she was taught
  const message = await call.message(mobile(victim), /\b\d{6}\b/);
  const code = /\b\d{6}\b/.exec(message.body)[0];

  // He calls the desk as her, to hear the code there. The console warns, shows no code, and freezes when the technician goes on.
  await open(console_, server.base, `/contacts/${victim.id}`);
  await console_.getByText("This person is just asking whether you are real").first().waitFor();
  assert.ok(!(await console_.content()).includes(code), "the code is not shown to whoever has not claimed it");
  await verify(victim, "Email code");
  await endsFrozen(victim, "possible_relay");
  await call.message(mobile(victim), /to be safe we stopped/);

  await call.text(mobile(victim), "#confirm");
  const { items } = await call.get("/api/technician-verifications");
  assert.equal(items.find((r) => r.contact_id === victim.id).state, "frozen");
  await open(console_, server.base, "/verify");
  assert.equal(await console_.getByRole("article", { name: `Request of ${victim.name}` }).getByRole("button", { name: "Claim", exact: true }).count(), 0);
});

test("the pages reported no error and asked no other host", () => assert.deepEqual([...desk.complaints, ...phone.complaints], []));
