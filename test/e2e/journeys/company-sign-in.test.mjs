// A caller is verified by a fresh sign-in at their own company, without script, and another account proves nothing.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, launch, narrow, pictured, signIn, startServer } from "../harness.mjs";
import { startProvider } from "../provider.mjs";

const person = { subject: "subject-ines", email: "ines@northwind.example.com" };
let server, browser, page, call, provider, customer, phone;

before(async () => {
  server = await startServer();
  browser = await launch();
  const { context, page: first } = await signIn(browser, server);
  page = first;
  call = api(context, server.base);
  provider = await startProvider(person);
  customer = (await call.get("/api/customers?limit=1")).items[0];
  phone = await (await browser.newContext({ viewport: narrow, javaScriptEnabled: false })).newPage();
});

after(async () => {
  await browser?.close();
  await provider?.stop();
  await server?.stop();
});

const step = (name, run) => test(name, () => pictured(name, [page, phone], run));

step("an administrator says where the customer's people sign in, and tries it", async () => {
  await page.goto(`${server.base}/customers/${customer.id}`);
  await page.getByRole("button", { name: "Set up", exact: true }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Issuer").fill(provider.issuer);
  await form.getByLabel("Client ID").fill(provider.client);
  await form.getByRole("textbox", { name: "Client secret" }).fill(provider.secret);
  await form.getByPlaceholder("c1").fill("c1");
  await form.getByRole("button", { name: "Save" }).click();
  await form.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Test", exact: true }).click();
  await page.getByRole("status").filter({ hasText: new URL(provider.issuer).host }).waitFor();
  assert.deepEqual(await axe(page), []);
});

/** Starts a verification of a new contact and walks the link's pages until the sign-in page of the company. */
async function walk(name, email) {
  const contact = await call.post("/api/contacts", { customer_id: customer.id, name, emails: [email] });
  const started = await call.post("/api/verifications", { contact_id: contact.id, method: "idp_step_up", action: "reset the password" });
  assert.equal(started.level, "L4");
  assert.match(started.spoken_number, /^\d{2}$/);
  const { body } = await call.message(email, /\/v\//);
  await phone.goto(server.base + /https?:\/\/[^/\s]+(\/v\/\S+)/.exec(body)[1]);
  await phone.locator("#number").fill(started.spoken_number);
  await phone.locator("input[type=radio][value=inbound]").check();
  await phone.locator("button[value=validate]").click();
  if (!(await phone.locator("#go").isVisible())) {
    await phone.locator("form button").first().click();
  }
  assert.match(await phone.locator("main").innerText(), new RegExp(new URL(provider.issuer).host));
  await phone.locator("#go").click();
  await phone.getByRole("heading", { name: "Northwind" }).waitFor();
  return started.id;
}

const stateOf = async (id) => (await call.get(`/api/verifications/${id}`)).state;

step("the contact types the number, signs in at the company and confirms", async () => {
  const id = await walk("Ines Work", person.email);
  await phone.getByRole("link", { name: /Sign in as/ }).click();
  assert.equal(await stateOf(id), "pending", "coming back alone settles nothing");
  await phone.getByRole("button", { name: "Yes, it is me" }).click();
  await phone.locator("h1.good").waitFor();
  assert.equal(await stateOf(id), "verified");
});

step("who signs in with another account is not the contact", async () => {
  const id = await walk("Otto Work", "otto@northwind.example.com");
  await phone.getByRole("link", { name: /Sign in as/ }).click();
  await phone.getByRole("button", { name: "Yes, it is me" }).click();
  await phone.getByRole("heading", { name: "not the right account" }).waitFor();
  assert.equal(await stateOf(id), "failed");
});
