// The pod in the ticket of another site: a host page on an origin of its own frames it, the technician signs in in a window and verifies a caller.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { api, axe, eventually, launch, listen, pictured, signIn, startServer, wide } from "../harness.mjs";

let server, browser, context, call, host, other, pod, ticket, caller;

/** A ticket system on an origin of its own: one page with a frame, at /?src=…&style=… */
async function ticketSystem() {
  const site = createServer((request, response) => {
    const query = new URL(request.url, "http://x").searchParams;
    const attribute = (text) => (text ?? "").replaceAll("&", "&amp;").replaceAll('"', "&quot;");
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><html lang="en"><title>Ticket</title><main><h1>The ticket system</h1>
      <iframe title="pod" src="${attribute(query.get("src"))}" style="border:0;width:400px;height:800px;${attribute(query.get("style"))}"></iframe></main>`);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  return { site, origin: `http://127.0.0.1:${site.address().port}` };
}

before(async () => {
  server = await startServer(); // at localhost: another site than 127.0.0.1
  browser = await launch();
  ({ context } = await signIn(browser, server));
  call = api(context, server.base);
  host = await ticketSystem();
  other = await ticketSystem();
  pod = await call.post("/api/pods", { name: "Our ticket system", origins: [host.origin] });
  await call.post("/api/technicians", {
    given_name: "Paula", email: "pod-only@example.com", password: "violet otter parade", platform_role: "administrator", ui_access: false,
  });
  const contacts = (await call.get("/api/contacts?limit=200")).items;
  caller = contacts.find((c) => c.phones.some((p) => p.kind === "mobile") && c.opted_out.length === 0 && c.shield.state === "none");
  ticket = await call.post("/api/tickets", { customer_id: caller.customer_id, contact_id: caller.id, summary: "Cannot print" });
});

after(async () => {
  await browser?.close();
  await server?.stop();
  host?.site.close();
  other?.site.close();
});

const step = (name, run) => test(name, () => pictured(name, context.pages(), run));

/** Opens a ticket in the ticket system and returns the page and the frame of the pod. */
async function openTicket(site, src, style = "") {
  const tab = await context.newPage();
  await tab.goto(`${site.origin}/?${new URLSearchParams({ src, style })}`);
  return { tab, frame: tab.frameLocator("iframe") };
}

const link = () => `${server.base}/pod/${pod.id}?ticket=${ticket.number}`;

step("M32: an origin that is not on the list cannot frame the pod, and nobody the rest", async () => {
  const complaints = context.complaints.length;
  for (const [site, src] of [
    [other, link()],
    [host, `${server.base}/pod/${pod.id}/sign-in`],
    [host, `${server.base}/`],
    [host, `${server.base}/tickets`],
    [host, `${server.base}/api/docs`],
  ]) {
    const { tab } = await openTicket(site, src);
    await eventually(`${src} is blocked at ${site.origin}`, () => tab.frames().some((f) => f.url().startsWith("chrome-error:")));
    await tab.close();
  }
  context.complaints.splice(complaints); // Chromium says of each that it was blocked
});

step("a technician signs in by the window and verifies a caller by an SMS code", async () => {
  const { tab, frame } = await openTicket(host, link());
  await frame.getByRole("heading", { name: "Sign in to verify" }).waitFor();
  assert.deepEqual(await axe(tab), [], "axe, signed out");
  await tab.waitForTimeout(600); // the pod has to be in sight for a moment before a click counts
  await frame.getByRole("button", { name: "Sign in" }).click(); // the console's session is there: the window closes by itself
  await frame.getByRole("heading", { level: 1, name: "Cannot print" }).waitFor();
  const cookies = (await context.cookies()).filter((c) => c.name === "cs_pod");
  assert.equal(cookies.length, 1);
  assert.ok(cookies[0].secure && cookies[0].httpOnly && cookies[0].sameSite === "None", JSON.stringify(cookies[0]));
  await frame.getByRole("button", { name: "Send: SMS code" }).click();
  const field = frame.getByRole("textbox", { name: "The 6 digits that they read out" });
  await field.waitFor();
  const number = caller.phones.find((p) => p.kind === "mobile").number;
  const message = await call.message(number, /\b\d{6}\b/);
  await field.pressSequentially(/\b\d{6}\b/.exec(message.body)[0]);
  await frame.getByRole("heading", { name: "Verified", exact: true }).waitFor();
  assert.deepEqual(await axe(tab), [], "axe, verified");
  const { items } = await call.get(`/api/verifications?ticket_id=${ticket.id}`);
  assert.equal(items[0].state, "verified");

  // The next ticket needs no window, and who asks for us appears in it.
  const next = await openTicket(host, link());
  await next.frame.getByRole("heading", { level: 1, name: "Cannot print" }).waitFor();
  const colleagues = (await call.get(`/api/contacts?customer_id=${caller.customer_id}&limit=50`)).items;
  const asker = colleagues.find((c) => c.id !== caller.id && c.phones.some((p) => p.kind === "mobile") && c.opted_out.length === 0);
  await call.text(asker.phones.find((p) => p.kind === "mobile").number, "#verify");
  await next.frame.getByRole("button", { name: "Claim for this ticket" }).click({ timeout: 10_000 });
  await next.frame.getByText("Only read this out if YOU placed this call.").waitFor();
  await next.tab.close();

  await tab.close();
});

for (const [how, hide, show] of [
  ["faded away", () => (document.querySelector("iframe").style.opacity = "0.02"), () => (document.querySelector("iframe").style.opacity = "")],
  [
    "under a picture that lets clicks through",
    () => document.body.insertAdjacentHTML("beforeend", `<div id="lure" style="position:fixed;inset:0;background:#fff;pointer-events:none">Win a prize</div>`),
    () => document.querySelector("#lure").remove(),
  ],
]) {
  step(`M32: a click in a pod that is ${how} does not count`, async () => {
    const asked = await call.post("/api/contacts", { customer_id: caller.customer_id, name: `Covered ${how}`, emails: [`covered${how.length}@example.com`] });
    const theirs = await call.post("/api/tickets", { customer_id: caller.customer_id, contact_id: asked.id, summary: "Lured" });
    const { tab, frame } = await openTicket(host, `${server.base}/pod/${pod.id}?ticket=${theirs.number}`);
    const button = frame.getByRole("button", { name: "Send: Email code" });
    await button.waitFor();
    await tab.waitForTimeout(600);
    const press = async () => {
      await button.scrollIntoViewIfNeeded();
      const box = await button.boundingBox();
      await tab.mouse.click(box.x + box.width / 2, box.y + box.height / 2); // Playwright's own click would wait until nothing is in the way
    };
    const started = async () => (await call.get(`/api/verifications?ticket_id=${theirs.id}`)).items.length;

    await tab.evaluate(hide);
    await tab.waitForTimeout(600);
    await press();
    await frame.getByText("Something covered this panel").waitFor();
    assert.equal(await started(), 0);

    await tab.evaluate(show);
    await tab.waitForTimeout(1000);
    await press();
    await eventually("in sight again the click counts", async () => (await started()) === 1);
    await tab.close();
  });
}

step("an unknown ticket, a forged link, and nobody chosen", async () => {
  for (const [query, text] of [
    ["?ticket=999999", "This ticket is not in Countersign"],
    [`?ticket=${ticket.number}&ts=1&sig=${"0".repeat(64)}`, "This link cannot be used"],
    ["", "No ticket"],
  ]) {
    const { tab, frame } = await openTicket(host, `${server.base}/pod/${pod.id}${query}`);
    await frame.getByText(text).first().waitFor();
    assert.deepEqual(await axe(tab), [], `axe: ${text}`);
    await tab.close();
  }
});

step("another page that opens the window gets nothing", async () => {
  const tab = await context.newPage();
  await tab.goto(`${other.origin}/?src=about:blank`);
  const stolen = await tab.evaluate(
    (address) =>
      new Promise((resolve) => {
        window.addEventListener("message", (e) => resolve(JSON.stringify(e.data)));
        window.open(address, "x", "popup");
        setTimeout(() => resolve("nothing"), 2500);
      }),
    `${server.base}/pod/${pod.id}/sign-in#challenge=${"A".repeat(43)}&state=x`,
  );
  assert.equal(stolen, "nothing");
  await tab.close();
});

step("signing out of the console ends the pod at once", async () => {
  const { tab, frame } = await openTicket(host, link());
  await frame.getByRole("heading", { level: 1, name: "Cannot print" }).waitFor();
  await context.request.fetch(`${server.base}/api/session`, { method: "DELETE", headers: { origin: server.base } });
  await frame.getByRole("heading", { name: "Your session has ended" }).waitFor({ timeout: 10_000 });
  await tab.close();
});

step("a technician without the console signs in in the window, and the console stays closed", async () => {
  const theirs = await browser.newContext({ viewport: wide, locale: "en-US", reducedMotion: "reduce" });
  theirs.setDefaultTimeout(30_000);
  listen(theirs);
  const tab = await theirs.newPage();
  await pictured("without-console", [tab], async () => {
    await tab.goto(`${host.origin}/?${new URLSearchParams({ src: link(), style: "" })}`);
    const frame = tab.frameLocator("iframe");
    await frame.getByRole("heading", { name: "Sign in to verify" }).waitFor();
    await tab.waitForTimeout(600);
    const [child] = await Promise.all([theirs.waitForEvent("page"), frame.getByRole("button", { name: "Sign in" }).click()]);
    await child.getByLabel("Email").fill("pod-only@example.com");
    await child.locator("input[type=password]").first().fill("violet otter parade");
    assert.deepEqual(await axe(child), [], "axe, the window");
    await child.getByRole("button", { name: "Sign in", exact: true }).click();
    const closed = child.waitForEvent("close");
    await child.getByLabel("Current password").fill("violet otter parade");
    await child.locator("input[autocomplete=new-password]").first().fill("correct horse battery staple");
    await child.getByLabel("New password once more").fill("correct horse battery staple");
    await child.locator("button[type=submit]").click();
    await closed;
    await frame.getByRole("heading", { level: 1, name: "Cannot print" }).waitFor();
    const console = await theirs.request.get(`${server.base}/api/contacts`);
    assert.equal(console.status(), 403, "the console's API with the window's cookie");
    assert.deepEqual(theirs.complaints, []);
  });
  await theirs.close();
});
