// Takes a picture of every page at two sizes, in both themes and both languages into out/, with a sheet of all of them,
// and the few that the README shows into docs/images. --sheet leaves the README alone, --readme makes only its pictures.
import { mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { api, eventually, launch, narrow, signIn, startServer, wide } from "./harness.mjs";
import { consolePages, open, states, strangersPages } from "./pages.mjs";
import { contactSheet, variants } from "./sheet.mjs";

const out = fileURLToPath(new URL("out/", import.meta.url));
const images = fileURLToPath(new URL("../../docs/images/", import.meta.url));
mkdirSync(out, { recursive: true });
mkdirSync(images, { recursive: true });

const waitingPages = [
  ["desk-waiting", "/"],
  ["verify-waiting", "/verify"],
];

const server = await startServer();
const browser = await launch();
try {
  const { context, page } = await signIn(browser, server);
  const call = api(context, server.base);
  const { caller, askers } = await stage(call);
  const pages = await consolePages(call);
  if (!process.argv.includes("--readme")) {
    const shown = [...pages, ["contact-verified", `/contacts/${caller.id}`]];
    for (const { width, theme, locale, key } of variants) {
      await call.patch("/api/me", { theme, locale });
      const viewport = width === 390 ? narrow : wide;
      await page.setViewportSize(viewport);
      for (const [name, path] of shown) {
        await open(page, server.base, path);
        await picture(page, name, key);
      }
      for (const [name, path, act] of states) {
        await open(page, server.base, path);
        await act(page);
        await picture(page, name, key);
      }
      await waiting(page, call, askers.shift(), key);
      const outside = await browser.newContext({ viewport, colorScheme: theme, locale, reducedMotion: "reduce" });
      const stranger = await outside.newPage();
      for (const [name, path] of strangersPages) {
        await open(stranger, server.base, path);
        await picture(stranger, name, key);
      }
      await outside.close();
    }
    console.log(await contactSheet(browser, out, [...waitingPages, ...shown, ...states, ...strangersPages].map(([name]) => name)));
  }
  if (!process.argv.includes("--sheet")) {
    await call.patch("/api/me", { theme: "light", locale: "en" });
    await page.setViewportSize(wide);
    await ask(call, askers.find((c) => c.name === "Ben Castillo") ?? askers[0]);
    await forReadme(page);
  }
} finally {
  await browser.close();
  await server.stop();
}

async function picture(page, name, key) {
  await page.waitForTimeout(150); // the last animation
  await page.screenshot({ path: `${out}${name}-${key}.png` });
}

/** The pictures of the README: a caller being verified with the phone beside, and a request being answered. */
async function forReadme(page) {
  await open(page, server.base, "/contacts?q=Olivia");
  await page.getByRole("link", { name: "Olivia Hart" }).first().click();
  await page.getByRole("button", { name: "Sandbox phone beside the console" }).click();
  await page.getByRole("combobox", { name: "Phone of" }).fill("Olivia");
  await page.getByRole("option", { name: "Olivia Hart" }).click();
  await page.getByRole("button", { name: "Send: SMS code" }).click();
  await page.getByText(/\b\d{6}\b/).last().waitFor();
  await page.getByRole("button", { name: "Dismiss" }).first().click();
  await keep(page, "contact");
  await page.getByRole("button", { name: "Close the sandbox phone" }).click();
  await open(page, server.base, "/verify");
  await page.getByRole("button", { name: "Claim", exact: true }).click();
  await page.getByRole("button", { name: "Claim and show the code" }).click();
  await page.getByText(/Code to read out/).waitFor();
  await keep(page, "verify");
}

async function keep(page, name) {
  await page.waitForTimeout(300);
  const file = `${images}${name}.png`;
  await page.screenshot({ path: file });
  const { size } = statSync(file);
  console.log(`${name}.png: ${Math.ceil(size / 1024)} KiB`);
  if (size > 150 * 1024) {
    throw new Error(`${file} is larger than 150 KiB`);
  }
}

/** Lets something happen, so that there is something to see: one caller is verified. The others may ask who we are. */
async function stage(call) {
  const { items } = await call.get("/api/contacts?limit=200");
  const [caller, ...askers] = items.filter((c) => c.phones.some((p) => p.kind === "mobile") && c.opted_out.length === 0);
  const verification = await call.post("/api/verifications", { contact_id: caller.id, method: "sms_code" });
  const { body } = await call.message(mobile(caller), /\b\d{6}\b/);
  await call.post(`/api/verifications/${verification.id}/check`, { code: /\b\d{6}\b/.exec(body)[0] });
  return { caller, askers };
}

function mobile(contact) {
  return contact.phones.find((p) => p.kind === "mobile").number;
}

/** Lets a contact ask whether it is really us. */
async function ask(call, contact) {
  await call.text(mobile(contact), "#verify");
  return eventually("a pending request", async () => (await call.get("/api/technician-verifications?state=pending")).items[0]);
}

/** Somebody waits: the two pages that show it. Then their request is claimed, so that no other picture has its card. */
async function waiting(page, call, contact, key) {
  const request = await ask(call, contact);
  for (const [name, path] of waitingPages) {
    await open(page, server.base, path);
    await page.getByRole("article").first().waitFor();
    await picture(page, name, key);
  }
  const ticket = await call.post("/api/tickets", { customer_id: contact.customer_id, contact_id: contact.id, summary: "Calls back about the invoice program" });
  await call.post(`/api/technician-verifications/${request.id}/claim`, { ticket_id: ticket.id });
}
