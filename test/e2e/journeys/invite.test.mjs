// Somebody is invited by mail and joins with a password; later the password is forgotten and chosen anew; the bell tells of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, launch, listen, narrow, pictured, signIn, startServer, wide } from "../harness.mjs";

const first = "seven quiet herons at dusk";
const second = "a lantern on every wharf";
const email = "nora@harbor.example.com";
let server, browser, owner, page, guest, theirs, technician, joined;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context: owner, page } = await signIn(browser, server));
  guest = await browser.newContext({ viewport: wide, locale: "en-US", timezoneId: "Europe/Paris", reducedMotion: "reduce" });
  guest.setDefaultTimeout(30_000);
  listen(guest);
  theirs = await guest.newPage();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const step = (name, run) => test(name, () => pictured(name, [page, theirs], run));
const linkIn = (mail) => /http:\/\/\S+#token=\S+/.exec(mail.body)[0];
const follow = async (link) => {
  await theirs.goto("about:blank"); // a link that differs in its fragment alone would not load the page again
  await theirs.goto(link);
};

step("an invitation is mailed, and its page says who invites whom", async () => {
  const desk = api(owner, server.base);
  technician = await desk.post("/api/technicians/invite", { given_name: "Nora", email });
  assert.equal(technician.state, "invitation");
  const mail = await desk.message(email, /invites you/);
  joined = linkIn(mail);
  assert.equal(new URL(joined).pathname, "/join");
  assert.equal(new URL(joined).search, "");
  await follow(joined);
  await theirs.getByRole("heading", { level: 1, name: /^Join / }).waitFor();
  await theirs.getByText(email).first().waitFor();
  assert.equal(new URL(theirs.url()).hash, "", "the token stays in the address");
  assert.equal(await theirs.getByRole("combobox", { name: /zone/i }).inputValue(), "Europe/Paris");
  assert.deepEqual(await axe(theirs), []);
  await theirs.setViewportSize(narrow);
  assert.deepEqual(await axe(theirs), []);
  assert.ok(await theirs.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "the page is wider than a phone");
  await theirs.setViewportSize(wide);
});

step("a weak password is refused at its field, a good one lets in", async () => {
  await theirs.getByLabel("Family name").fill("Reyes");
  await theirs.getByRole("radiogroup").getByText("Password", { exact: true }).click();
  await theirs.locator("input[type=password]").fill("password");
  await theirs.getByRole("button", { name: "Join", exact: true }).click();
  await theirs.getByText(/password is too short/).first().waitFor();
  assert.deepEqual(await axe(theirs), []);
  await theirs.locator("input[type=password]").fill(first);
  await theirs.getByRole("button", { name: "Join", exact: true }).click();
  await theirs.locator("#main").waitFor();
  const me = await api(guest, server.base).get("/api/me");
  assert.equal(me.technician.name, "Nora Reyes");
  assert.equal(me.technician.time_zone, "Europe/Paris");
  assert.equal(me.technician.state, "activated");
});

step("the link works once", async () => {
  const stranger = await browser.newContext({ viewport: wide, locale: "en-US" });
  const other = await stranger.newPage();
  await other.goto(joined);
  await other.getByText("This invitation was accepted already").waitFor();
  assert.deepEqual(await axe(other), []);
  await other.getByRole("link", { name: "Go to the sign-in" }).click();
  await other.getByLabel("Email").waitFor();
  await stranger.close();
});

step("the bell rings for what others changed, live, and is read with the keyboard", async () => {
  const bell = theirs.getByRole("button", { name: /notification/i });
  await bell.waitFor();
  const desk = api(owner, server.base);
  const { items } = await desk.get("/api/customers?limit=1");
  const full = await desk.get(`/api/technicians/${technician.id}`);
  await desk.patch(`/api/technicians/${technician.id}`, { customer_ids: [...full.customer_ids, items[0].id] });
  await theirs.getByRole("button", { name: "1 new notification" }).waitFor();
  await theirs.getByRole("button", { name: "1 new notification" }).focus();
  await theirs.keyboard.press("Enter");
  const panel = theirs.getByRole("dialog", { name: "Notifications" });
  await panel.getByText("Your customers have changed").waitFor();
  assert.deepEqual(await axe(theirs), []);
  await panel.getByRole("button", { name: "Mark all as read" }).click();
  await theirs.getByRole("button", { name: "Notifications", exact: true }).waitFor();
  await theirs.keyboard.press("Escape");
  await panel.waitFor({ state: "hidden" });
});

step("what is told, and when not, is chosen in the settings", async () => {
  await theirs.goto(`${server.base}/settings/notifications`);
  await theirs.getByRole("checkbox", { name: "Sign-in from a new device: by mail" }).waitFor();
  assert.ok(await theirs.getByRole("checkbox", { name: "Sign-in from a new device: by mail" }).isDisabled());
  await theirs.getByRole("switch", { name: "Keep quiet hours" }).check({ force: true });
  await theirs.getByRole("textbox", { name: "From" }).fill("21:30");
  assert.deepEqual(await axe(theirs), []);
  await theirs.getByRole("button", { name: "Save" }).click();
  await theirs.getByText("Saved").first().waitFor();
  const { quiet_hours: quiet } = await api(guest, server.base).get("/api/me/notification-preferences");
  assert.deepEqual(quiet, { from: "21:30", to: "07:00" });
});

step("a forgotten password is chosen anew, and the session ends", async () => {
  const fresh = await browser.newContext({ viewport: wide, locale: "en-US", reducedMotion: "reduce" });
  fresh.setDefaultTimeout(30_000);
  listen(fresh);
  const elsewhere = await fresh.newPage();
  await elsewhere.goto(`${server.base}/sign-in`);
  await elsewhere.getByRole("link", { name: "Forgot your password?" }).click();
  await elsewhere.getByLabel("Email").fill(email);
  assert.deepEqual(await axe(elsewhere), []);
  await elsewhere.getByRole("button", { name: "Send the link" }).click();
  await elsewhere.getByRole("heading", { level: 1, name: "Look at your mail" }).waitFor();
  assert.deepEqual(await axe(elsewhere), []);
  const mail = await api(owner, server.base).message(email, /choose a new password/);
  await elsewhere.goto("about:blank");
  await elsewhere.goto(linkIn(mail));
  await elsewhere.getByLabel(/^New password(?! once)/).fill(second);
  await elsewhere.getByLabel(/^New password once more/).fill(second);
  assert.deepEqual(await axe(elsewhere), []);
  await elsewhere.getByRole("button", { name: "Change the password" }).click();
  await elsewhere.getByRole("heading", { level: 1, name: "Your password is changed" }).waitFor();
  assert.equal((await guest.request.get(`${server.base}/api/me`)).status(), 401, "the session goes on");
  await elsewhere.getByRole("link", { name: "Go to the sign-in" }).click();
  await elsewhere.getByLabel("Email").fill(email);
  await elsewhere.getByLabel(/^Password/).fill(second);
  await elsewhere.getByRole("button", { name: "Sign in", exact: true }).click();
  await elsewhere.locator("#main").waitFor();
  await elsewhere.getByRole("button", { name: /new notification/ }).click();
  await elsewhere.getByText("Your password was changed").waitFor();
  assert.deepEqual(fresh.complaints, []);
  await fresh.close();
});

step("no page complained", () => {
  assert.deepEqual(owner.complaints, []);
  assert.deepEqual(guest.complaints, []);
});
