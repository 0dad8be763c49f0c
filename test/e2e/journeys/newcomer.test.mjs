// A newcomer's walk: set up, bring people in from a file, invite a colleague who makes a passkey, verify a caller, and end the colleague's access.
import assert from "node:assert/strict";
import { get } from "node:http";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { api, axe, eventually, launch, listen, pictured, startServer, wide } from "../harness.mjs";

const password = "seven quiet herons at dusk";
const email = "tom@example.com";
const out = fileURLToPath(new URL("../out/", import.meta.url));
let server, base, browser, owner, page, call, colleague, tom, his, token, technician;

const person = async () => {
  const context = await browser.newContext({ viewport: wide, locale: "en-US", timezoneId: "America/New_York", reducedMotion: "reduce" });
  context.setDefaultTimeout(30_000);
  listen(context);
  return [context, await context.newPage()];
};

before(async () => {
  mkdirSync(out, { recursive: true });
  server = await startServer({ demo: false });
  base = server.base.replace("127.0.0.1", "localhost"); // passkeys belong to names
  browser = await launch();
  [owner, page] = await person();
  [colleague, tom] = await person();
  call = api(owner, base);
  his = api(colleague, base);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

let pictures = 0;
const keep = (of, name) => of.screenshot({ path: `${out}newcomer-${++pictures}-${name}.png` });
const step = (name, run) => test(name, () => pictured(name, [page, tom], run));
const here = (link) => {
  const { pathname, hash } = new URL(link);
  return base + pathname + hash;
};

/** A file as a ticket system writes it: 400 people of eight companies, and two that cannot be used. */
function contacts() {
  const companies = ["Northwind Dental", "Fabrikam Legal", "Cobalt Freight", "Lakeside Bakery", "Kestrel Architects", "Quill & Page Books", "Vela Robotics", "Ocean View Hotel"];
  const given = ["Adela", "Ben", "Carla", "Deniz", "Emma", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kaya", "Lars", "Mina", "Noor", "Otto", "Pia", "Quinn", "Rosa", "Sami", "Tara"];
  const family = ["Ahlberg", "Bauer", "Costa", "Dahl", "Eriksen", "Fontaine", "Garcia", "Haas", "Ito", "Jensen", "Kaplan", "Lopez", "Meyer", "Nagy", "Olsen", "Petit", "Rossi", "Silva", "Turner", "Weber"];
  const area = ["212", "303", "617", "702"];
  const rows = given.flatMap((first, i) =>
    family.map((last, j) => {
      const n = i * family.length + j;
      const mail = `${first}.${last}@example.com`.toLowerCase();
      return `${first} ${last};${companies[n % companies.length]};${mail};+1${area[Math.floor(n / 100)]}55501${String(n % 100).padStart(2, "0")};Office`;
    }),
  );
  return ["Name;Customer;Email;Mobile;Job title", ...rows, ";Northwind Dental;nobody@example.com;;", "No Number;Northwind Dental;;12;"].join("\r\n");
}

step("the set-up leads from the link to the first things to do", async () => {
  await page.goto(here(server.link));
  await page.getByLabel("Name of your organization").fill("Harbor IT");
  await keep(page, "set-up");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Your name").fill("Olga Berg");
  await page.getByLabel("Email").fill("olga@example.com");
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("heading", { level: 1, name: "Harbor IT is ready" }).waitFor();
  await keep(page, "welcome");
});

step("400 contacts come in from a file; what cannot be used is said, and a second time changes nothing", async () => {
  const bring = async () => {
    await page.goto(`${base}/import/contacts`);
    await page.locator("input[type=file]").setInputFiles({ name: "contacts.csv", mimeType: "text/csv", buffer: Buffer.from(contacts()) });
    await page.getByRole("heading", { name: "What does each column hold?" }).waitFor();
    await page.getByLabel(/Make customers that are named/).check();
  };
  await page.getByRole("link", { name: "Import contacts from CSV" }).click();
  await page.getByRole("link", { name: /Contacts/ }).first().waitFor();
  await bring();
  assert.deepEqual(await axe(page), []);
  await keep(page, "columns");
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.getByRole("button", { name: "Import 400 rows" }).waitFor();
  await page.getByRole("button", { name: /^2 Refused/ }).waitFor();
  assert.equal((await call.get("/api/contacts")).items.length, 0, "checking changes nothing");
  assert.deepEqual(await axe(page), []);
  await keep(page, "checked");
  await page.getByRole("button", { name: "Import 400 rows" }).click();
  await page.getByRole("heading", { name: "Imported" }).waitFor();
  await keep(page, "imported");
  const people = [];
  for (let cursor = ""; cursor !== undefined; ) {
    const answer = await call.get(`/api/contacts?limit=200${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    people.push(...answer.items);
    cursor = answer.next_cursor;
  }
  assert.equal(people.length, 400);
  assert.equal((await call.get("/api/customers")).items.length, 8);
  await bring();
  await page.getByRole("button", { name: "Check", exact: true }).click();
  await page.getByRole("button", { name: "Nothing to import" }).waitFor();
  await page.getByRole("button", { name: /^400 Unchanged/ }).waitFor();
});

step("a colleague is invited, and makes a passkey", async () => {
  await page.goto(`${base}/technicians?new=1`);
  const form = page.getByRole("dialog");
  await form.getByLabel("Given name").fill("Tom");
  await form.getByLabel("Family name").fill("Falk");
  await form.getByLabel("Email").fill(email);
  await form.getByRole("button", { name: "Next" }).click();
  const customers = form.getByLabel("Customers");
  await customers.click();
  await customers.pressSequentially("Northwind");
  await page.getByRole("option", { name: "Northwind Dental" }).click();
  await page.keyboard.press("Tab");
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByText(/A mail with a link that works once/).waitFor();
  await keep(page, "invite");
  await form.getByRole("button", { name: "See what changes" }).click();
  await form.getByRole("region", { name: "Who gains and loses what" }).waitFor();
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await page.getByRole("heading", { level: 1, name: "Tom Falk" }).waitFor();
  await page.getByRole("link", { name: "Security" }).click();
  await page.getByText("Invited").first().waitFor();
  await keep(page, "invited");
  technician = (await call.get(`/api/technicians?q=${email}`)).items[0];
  assert.equal(technician.state, "invitation");

  const devtools = await colleague.newCDPSession(tom);
  await devtools.send("WebAuthn.enable");
  await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  const mail = await call.message(email, /#token=/);
  await tom.goto(here(/http\S+#token=\S+/.exec(mail.body)[0]));
  await tom.getByRole("heading", { level: 1, name: "Join Harbor IT" }).waitFor();
  await keep(tom, "join");
  await tom.getByRole("button", { name: "Make the passkey and join" }).click();
  await tom.getByRole("heading", { level: 1, name: "Keep your recovery codes" }).waitFor();
  await keep(tom, "recovery-codes");
  await tom.getByRole("button", { name: "I have kept them" }).click();
  await tom.locator("#main").waitFor();
  await tom.getByRole("heading", { level: 1, name: /Tom/ }).waitFor();
  await keep(tom, "inside");
  const { technician: me } = await his.get("/api/me");
  assert.equal(me.state, "activated");
  assert.equal((await his.get("/api/me/factors")).passkeys.length, 1);
  assert.equal((await his.get("/api/customers")).items.length, 1, "he reaches the one customer that he was given");
});

step("the colleague verifies a caller with the sandbox phone", async () => {
  await tom.goto(`${base}/verify`);
  await tom.getByRole("searchbox", { name: "Who is calling?" }).fill("Adela Ahlberg");
  await tom.getByRole("link", { name: /Adela Ahlberg/ }).first().click();
  await tom.getByRole("button", { name: "Send: SMS code" }).click();
  const field = tom.getByRole("textbox", { name: "The 6 digits that they read out" });
  await field.waitFor();
  const { body } = await his.message("+12125550100", /\b\d{6}\b/);
  await field.fill(/\b\d{6}\b/.exec(body)[0]);
  await tom.getByRole("heading", { name: "Verified", exact: true }).waitFor();
  await keep(tom, "verified");
  const { items } = await call.get("/api/contacts?q=Adela%20Ahlberg");
  assert.equal(items[0].shield.state, "verified");
});

step("suspended, the open tab, the token and the stream end within a second", async () => {
  ({ token } = await his.post("/api/tokens", { name: "script" }));
  const bearer = { authorization: `Bearer ${token}` };
  const asked = (path) => fetch(base + path, { headers: bearer });
  assert.equal((await asked("/api/me")).status, 200);
  const stream = await new Promise((resolve, reject) => get(`${base}/api/events`, { headers: bearer }, resolve).on("error", reject));
  assert.equal(stream.statusCode, 200);
  const streamEnded = new Promise((resolve) => {
    stream.on("close", () => resolve(Date.now()));
    stream.on("error", () => {});
    stream.resume();
  });
  await tom.goto(`${base}/contacts`);
  await tom.getByRole("link", { name: "Adela Ahlberg" }).first().waitFor();
  await tom.getByText("Live", { exact: true }).first().waitFor();

  await page.goto(`${base}/technicians/${technician.id}`);
  await page.getByRole("button", { name: "Suspend" }).click();
  const question = page.getByRole("dialog");
  await question.getByText("Sessions", { exact: true }).waitFor();
  await keep(page, "suspend");
  const answered = page.waitForResponse((r) => r.url().endsWith("/suspend")).then(() => Date.now());
  const tabEnded = tom.waitForURL("**/sign-in*", { waitUntil: "commit" }).then(() => Date.now());
  const tokenEnded = answered.then(() => eventually("the token is refused", async () => (await asked("/api/me")).status === 401)).then(() => Date.now());
  await question.getByRole("button", { name: "Suspend" }).click();
  const [at, ...ends] = await Promise.all([answered, tabEnded, tokenEnded, streamEnded]);
  for (const [i, what] of ["the open tab", "the token", "the stream"].entries()) {
    assert.ok(ends[i] - at <= 1000, `${what} ended ${ends[i] - at} ms after the answer`);
  }
  await keep(tom, "signed-out");
  await page.getByRole("main").getByText("Suspended").first().waitFor();
  await keep(page, "suspended");
  assert.equal((await call.get(`/api/sessions?technician_id=${technician.id}`)).items.length, 0);
  await assert.rejects(his.get("/api/me"), /401/);
});

test("the pages reported no error and asked no other host", () => assert.deepEqual([...owner.complaints, ...colleague.complaints], []));
