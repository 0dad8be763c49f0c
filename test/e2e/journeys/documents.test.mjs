// Documents for clients: details, own words, versions, the public page, the file, and mail after a review.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, launch, listen, narrow, pictured, signIn, startServer } from "../harness.mjs";
import { open } from "../pages.mjs";

let server, browser, context, page, call;
const shots = process.env.COUNTERSIGN_SHOTS; // a folder for pictures, to look at

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  call = api(context, server.base);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const step = (name, run) => test(name, () => pictured(name, [page], run));
const shot = async (name, p = page) => shots && (await p.screenshot({ path: `${shots}/${name}.png` }));

step("the library lists what comes with Countersign, and what is missing", async () => {
  await open(page, server.base, "/documents");
  await page.getByRole("button", { name: /How to check that it is really us/ }).waitFor();
  await page.getByText(/nothing entered for: Phone, Verification number/).first().waitFor();
  assert.deepEqual(await axe(page), []);
  await shot("list");
});

step("details are entered and documents published", async () => {
  await page.getByRole("button", { name: "Details and pages" }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByLabel("Phone", { exact: true }).fill("(212) 555-0100");
  await drawer.getByLabel("Verification number").fill("(212) 555-0199");
  await drawer.getByLabel("Verification address").fill("verify@example.com");
  await drawer.getByLabel("How to check that it is really us").check();
  await drawer.getByLabel("Do not be fooled on the phone").check();
  assert.deepEqual(await axe(page), []);
  await shot("details");
  await drawer.getByRole("button", { name: "Save" }).click();
  await drawer.waitFor({ state: "hidden" });
  await page.getByText("public page").first().waitFor();
});

step("own words are previewed, refused with a reason, saved, and restored", async () => {
  await page.getByRole("button", { name: /How to check that it is really us/ }).click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("+1 212-555-0199").first().waitFor();
  await page.waitForTimeout(300); // the drawer has come to rest
  assert.deepEqual(await axe(page), []);
  await shot("read");
  await drawer.getByText("Edit", { exact: true }).click();
  const words = drawer.getByRole("textbox", { name: "Text" });
  const before = await words.inputValue();
  await words.fill("<b>Hello</b> ${organization}");
  await drawer.getByText(/verification_number\} is missing/).waitFor();
  await words.fill(`${before}\n\nOur own **last** line.`);
  await drawer.getByText("Our own").first().waitFor();
  assert.deepEqual(await axe(page), []);
  await shot("edit");
  await drawer.getByRole("button", { name: "Save" }).click();
  await drawer.getByText("Versions", { exact: true }).click();
  await drawer.getByText("Version 1").waitFor();
  assert.deepEqual(await axe(page), []);
  await shot("versions");
});

step("a copy is made out to a customer and to a contact of it", async () => {
  const drawer = page.getByRole("dialog");
  await drawer.getByText("Preview", { exact: true }).click();
  const contact = (await call.get("/api/contacts?limit=1&sort=name")).items[0];
  await drawer.getByLabel("Made out to a customer").fill(contact.customer_name);
  await page.getByRole("option", { name: contact.customer_name }).click();
  await drawer.getByLabel("or to one of its contacts").click();
  await page.getByRole("option", { name: contact.name, exact: true }).click();
  const file = drawer.getByRole("link", { name: "PDF" });
  await page.waitForFunction((id) => document.querySelector('[role="dialog"] a[href*="/pdf"]')?.href.endsWith(`/pdf?contact_id=${id}`), contact.id);
  const [download] = await Promise.all([page.waitForEvent("download"), file.click()]);
  assert.match(download.suggestedFilename(), /\.pdf$/);
  assert.deepEqual(await axe(page), []);
  await shot("made-out");
});

step("the file is a PDF", async () => {
  const response = await context.request.get(`${server.base}/api/documents/verify-us/en/pdf`);
  assert.equal(response.headers()["content-type"], "application/pdf");
  assert.ok((await response.body()).subarray(0, 5).toString() === "%PDF-");
});

step("mail goes out after a look at who gets it", async () => {
  const drawer = page.getByRole("dialog");
  await drawer.getByText("Send", { exact: true }).click();
  await drawer.getByLabel("Customer").first().click();
  await page.getByRole("option").first().click();
  await drawer.getByText(/by mail with the PDF, each in their language/).waitFor();
  assert.deepEqual(await axe(page), []);
  await shot("send");
  await drawer.getByRole("button", { name: /Send \d+ mail/ }).click();
  await page.getByText("The mails go out now.").waitFor();
  await drawer.waitFor({ state: "hidden" });
  let mail;
  for (let i = 0; i < 100 && !mail; i++) {
    mail = (await call.get("/api/sandbox/messages?kind=email&limit=50")).items.find((m) => m.attachment);
    await page.waitForTimeout(100);
  }
  assert.ok(mail.attachment.size > 10_000 && mail.attachment.name.endsWith(".pdf"), JSON.stringify(mail.attachment));
});

step("the public page says it to everybody, without a script", async () => {
  const { url } = await call.get("/api/documents/verify-us/en");
  const stranger = await browser.newContext({ viewport: narrow, javaScriptEnabled: false });
  const reader = await stranger.newPage();
  await reader.goto(server.base + new URL(url).pathname + "?lang=fr");
  await reader.getByRole("heading", { level: 1, name: "Vérifier que c’est bien nous" }).waitFor();
  await shot("public", reader);
  await reader.emulateMedia({ colorScheme: "dark" });
  await reader.getByRole("link", { name: "Tous les documents" }).click();
  await reader.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(await reader.locator("ul.index li").count(), 2);
  await shot("public-index", reader);
  await stranger.close();
  const able = await browser.newContext({ viewport: narrow });
  listen(able);
  const watched = await able.newPage();
  await watched.goto(server.base + new URL(url).pathname);
  assert.deepEqual(await axe(watched), []);
  assert.deepEqual(able.complaints, []);
  await able.close();
});

step("a page from right to left keeps numbers and words to type in order", async () => {
  const { url } = await call.get("/api/documents/verify-us/ar");
  const context = await browser.newContext({ viewport: narrow });
  const reader = await context.newPage();
  await reader.goto(server.base + new URL(url).pathname + "?lang=ar");
  assert.equal(await reader.locator("html").getAttribute("dir"), "rtl");
  assert.ok(await reader.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "no sideways scrolling");
  const left = (text) => reader.locator(`a[href^="tel:"]`).first().evaluate((a, part) => {
    const range = document.createRange();
    const at = a.firstChild.data.indexOf(part);
    range.setStart(a.firstChild, at);
    range.setEnd(a.firstChild, at + part.length);
    return range.getBoundingClientRect().left;
  }, text);
  assert.ok((await left("+1")) < (await left("0199")), "the number reads from left to right");
  assert.deepEqual(await axe(reader), []);
  await shot("arabic", reader);
  await context.close();
});

step("it fits a phone, in French and in the dark", async () => {
  await call.patch("/api/me", { theme: "dark", locale: "fr" });
  await page.setViewportSize(narrow);
  await open(page, server.base, "/documents");
  await page.getByRole("button", { name: /Déclaration de renonciation/ }).waitFor();
  await shot("list-narrow");
  await page.getByRole("button", { name: /Déclaration de renonciation/ }).click();
  await page.getByText("Prestataire").first().waitFor();
  await page.waitForTimeout(300);
  assert.deepEqual(await axe(page), []);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "no sideways scrolling");
  await shot("read-narrow");
  assert.deepEqual(context.complaints, []);
});
