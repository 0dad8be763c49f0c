// Every page, in both themes and both languages: no violation that axe can find, and no error.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { api, axe, axeColors, full, launch, listen, looked, pictured, signIn, startServer, wide } from "../harness.mjs";
import { consolePages, open, strangersPages } from "../pages.mjs";

let server, browser, context, page, call, pages;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  call = api(context, server.base);
  pages = await consolePages(call);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("the list of pages is complete", () => {
  const router = readFileSync(new URL("../../../web/src/app/router.tsx", import.meta.url), "utf8");
  const routes = [...router.matchAll(/path: "([^"]+)"/g)].map((m) => m[1]).filter((path) => !["/settings/$tab", "/help/$guide", "/new-password", "/enrol", "/import/$kind", "/import/$kind/$id", "/tasks/$id", "/approvals/$id"].includes(path));
  const known = [...pages, ...strangersPages].map(([, path]) => path.replace(/\/[0-9a-f-]{36}$/, "/$id"));
  assert.deepEqual(routes.filter((path) => !known.includes(path)), []);
});

test("axe finds nothing on any page, in both themes, and everything fits", async () => {
  await call.patch("/api/me", { theme: "auto" });
  const found = [];
  for (const [name, path] of pages) {
    await open(page, server.base, path);
    found.push(...(await looked(page, name)));
  }
  assert.deepEqual(found, []);
});

test("axe finds nothing before the sign-in", async () => {
  const stranger = await browser.newContext({ viewport: wide, reducedMotion: "reduce" });
  listen(stranger);
  const before = await stranger.newPage();
  const found = [];
  for (const [name, path] of strangersPages) {
    await open(before, server.base, path);
    found.push(...(await looked(before, name)));
  }
  await stranger.close();
  assert.deepEqual([...found, ...stranger.complaints], []);
});

/** What opens on top of a page, and states that a page passes through. Each leaves the page for the next. */
const opened = {
  "the form of a contact": async () => {
    await open(page, server.base, "/contacts");
    await page.getByRole("button", { name: "New contact" }).click();
    await page.getByRole("dialog").waitFor();
  },
  "the form of a technician": async () => {
    await open(page, server.base, "/technicians");
    await page.getByRole("button", { name: "New technician" }).click();
    await page.getByRole("dialog").waitFor();
  },
  "a form with errors": async () => {
    await open(page, server.base, "/tickets");
    await page.getByRole("button", { name: "New ticket" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("dialog").locator("[aria-invalid=true]").first().waitFor();
  },
  "the keys": async () => {
    await open(page, server.base, "/");
    await page.getByRole("button", { name: "Show the keys" }).click();
    await page.getByRole("dialog").waitFor();
  },
  "one's own menu": async () => {
    await open(page, server.base, "/");
    await page.getByRole("button", { name: /your menu/ }).click();
    await page.getByRole("menu").waitFor();
  },
  "the phone beside": async () => {
    await open(page, server.base, "/verify");
    await page.getByRole("button", { name: "Sandbox phone beside the console" }).click();
    await page.getByRole("combobox", { name: "Phone of" }).waitFor();
  },
  "the page without the phone": async () => {
    await page.getByRole("button", { name: "Close the sandbox phone" }).click();
    await page.getByRole("combobox", { name: "Phone of" }).waitFor({ state: "detached" });
  },
  "a code that is asked for": async () => {
    await call.post("/api/verifications", { contact_id: people.shift().id, method: "email_code" }).then((v) => open(page, server.base, `/contacts/${v.contact_id}`));
    await page.getByRole("timer").waitFor();
  },
  "a number that is to be spoken": async () => {
    await open(page, server.base, `/contacts/${people.shift().id}`);
    await page.getByRole("button", { name: "Send: Email link" }).click();
    await page.getByText(/Number to speak: [\d ]+/).waitFor();
  },
  "a request that is claimed": async () => {
    const asker = people.find((c) => c.phones.some((p) => p.kind === "mobile"));
    people.splice(people.indexOf(asker), 1);
    await call.text(asker.phones.find((p) => p.kind === "mobile").number, "#verify");
    await open(page, server.base, "/verify");
    await page.getByRole("main").getByRole("button", { name: "Claim", exact: true }).first().click();
    await page.getByRole("button", { name: "Claim and show the code" }).click();
    await page.getByText(/Code to read out: [\d ]+/).first().waitFor();
  },
};
let people;

test("axe finds nothing in what opens on a page, in both themes", async () => {
  people = (await call.get("/api/contacts?limit=200")).items.filter((c) => c.emails.length > 0);
  const found = [];
  for (const [name, show] of Object.entries(opened)) {
    await pictured(name, [page], show);
    await page.waitForTimeout(300); // the animation of a drawer
    found.push(...(await axe(page, ["region"])).map((line) => `${name}, light: ${line}`)); // menus open outside the landmarks
    await page.emulateMedia({ colorScheme: "dark" });
    found.push(...(await (full ? axe(page, ["region"]) : axeColors(page))).map((line) => `${name}, dark: ${line}`));
    await page.emulateMedia({ colorScheme: "light" });
  }
  assert.deepEqual(found, []);
});

// That French has all texts is a test of the console; here a fourth of the pages shows that it uses them.
test("in French no page shows the name of a text instead of the text", async () => {
  await call.patch("/api/me", { locale: "fr" });
  const found = [];
  for (const [name, path] of pages.filter((_, i) => full || i % 4 === 0)) {
    await open(page, server.base, path);
    const text = await page.evaluate(() => document.body.innerText);
    found.push(...[...text.matchAll(/\b(?:shell|nav|desk|verify|panel|request|outcome|contact|customer|ticket|audit|settings|sandbox)\.[a-z]\w+/gi)].map((m) => `${name}: ${m[0]}`));
  }
  await call.patch("/api/me", { locale: "en" });
  assert.deepEqual(found, []);
});

test("the pages reported no error and asked no other host", () => assert.deepEqual(context.complaints, []));
