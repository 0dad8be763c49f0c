// A contact is asked for consent, answers on a page without script, and the console shows it at once.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, narrow, signIn, startServer } from "../harness.mjs";

let server, browser, context, page, call, customer;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  call = api(context, server.base);
  customer = (await call.get("/api/customers?limit=1")).items[0].id;
  await call.patch("/api/settings/consent", { policy_url: "https://harbor.example.com/privacy", correct_number: true });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function linkTo(address) {
  const message = await call.message(address, /\/v\/optin\//);
  return server.base + /https?:\/\/[^/\s]+(\/v\/optin\/\S+)/.exec(message.body)[1];
}

test("a form is sent, answered on another device, and the badge changes by itself", async () => {
  const contact = await call.post("/api/contacts", { customer_id: customer, name: "Cora Sent", emails: ["cora@example.com"], phones: [{ number: "+13325550101", kind: "mobile" }] });
  await page.goto(`${server.base}/contacts/${contact.id}`);
  await page.getByRole("button", { name: "Ask for consent" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Send the form" }).click();
  await page.getByText("Asked", { exact: true }).first().waitFor();

  const url = await linkTo("cora@example.com");
  const theirs = await browser.newContext({ viewport: narrow, javaScriptEnabled: false });
  const form = await theirs.newPage();
  const foreign = [];
  form.on("request", (request) => request.url().startsWith(server.base) || request.url().startsWith("data:") || foreign.push(request.url()));
  await form.goto(url);
  assert.match(await form.locator("#statement").innerText(), /STOP/);
  await form.getByRole("button", { name: "Send my answer" }).click();
  assert.equal(await form.locator("input:invalid").count() > 0, true, "an answer without a choice is not sent");
  await form.getByLabel("Yes, I agree").check();
  await form.getByRole("button", { name: "Send my answer" }).click();
  await form.getByRole("heading", { name: "Thank you" }).waitFor();
  assert.deepEqual(foreign, []);

  await page.getByText("Agreed", { exact: true }).first().waitFor({ timeout: 5000 });
  await form.goto(url);
  await form.getByRole("heading", { name: "This form can no longer be answered" }).waitFor();
  await theirs.close();
});
