// The first minutes without the demo: the set-up page, the first colleague, and their first sign-in.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, launch, listen, pictured, startServer, wide } from "../harness.mjs";

const password = "seven quiet herons at dusk";
let server, browser, context, page;

before(async () => {
  server = await startServer({ demo: false });
  browser = await launch();
  context = await browser.newContext({ viewport: wide, locale: "en-US", reducedMotion: "reduce" });
  context.setDefaultTimeout(30_000);
  listen(context);
  page = await context.newPage();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const step = (name, run) => test(name, () => pictured(name, [page], run));

step("without the link the set-up page says where it is", async () => {
  await page.goto(`${server.base}/setup`);
  await page.getByText("Open the set-up link that the server printed").waitFor();
  assert.deepEqual(await axe(page), []);
});

step("the link makes the organization and its owner", async () => {
  await page.goto("about:blank"); // a link that differs in its fragment alone would not load the page again
  await page.goto(server.link);
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByRole("alert").filter({ hasText: "Name of your organization" }).waitFor(); // asked for before the next step
  await page.getByLabel("Name of your organization").fill("Harbor IT");
  await page.getByRole("button", { name: "Next" }).click();
  await page.getByLabel("Your name").fill("Olga Berg");
  await page.getByLabel("Email").fill("olga@example.com");
  await page.getByLabel(/^Password/).fill("password");
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByText(/too short/).first().waitFor(); // said at the field
  assert.deepEqual(await axe(page), []);
  await page.getByLabel(/^Password/).fill(password);
  await page.getByRole("button", { name: "Start" }).click();
  await page.getByRole("heading", { level: 1, name: "Harbor IT is ready" }).waitFor();
  for (const name of ["Bring in people", "Connect mail", "Invite colleagues", "Verify somebody"]) {
    await page.getByRole("heading", { level: 2, name }).waitFor();
    assert.deepEqual(await axe(page), []);
    await page.getByRole("button", { name: "Skip for now" }).click();
  }
  await page.getByRole("heading", { level: 1, name: /Olga/ }).waitFor();
  await page.getByText("The first steps").waitFor();
  assert.deepEqual(await axe(page), []);
});

step("the link works once", async () => {
  const stranger = await browser.newContext({ locale: "en-US" });
  const second = await stranger.newPage();
  await second.goto(server.link);
  await second.getByText("Already set up").waitFor();
  assert.deepEqual(await axe(second), []);
  await stranger.close();
});

step("a colleague gets a temporary password and must replace it", async () => {
  await page.goto(`${server.base}/technicians`);
  await page.getByRole("button", { name: "New technician" }).click();
  const form = page.getByRole("dialog");
  await form.getByLabel("Given name").fill("Tom");
  await form.getByLabel("Email").fill("tom@example.com");
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByText("Password", { exact: true }).click();
  await form.getByLabel("Temporary password").fill("temporary lantern over the bay");
  await form.getByRole("button", { name: "See what changes" }).click();
  await form.getByRole("region", { name: "Who gains and loses what" }).waitFor();
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Tom" }).first().waitFor();

  const his = await browser.newContext({ viewport: wide, locale: "en-US" });
  his.setDefaultTimeout(30_000);
  const tom = await his.newPage();
  const signIn = async (secret) => {
    await tom.getByLabel("Email").fill("tom@example.com");
    await tom.getByLabel(/^Password/).fill(secret);
    await tom.getByRole("button", { name: "Sign in", exact: true }).click();
  };
  await pictured("tom", [tom], async () => {
    await tom.goto(`${server.base}/contacts`);
    await signIn("not his password at all");
    await tom.getByRole("alert").first().waitFor();
    assert.deepEqual(await axe(tom), []);
    await signIn("temporary lantern over the bay");
    await tom.getByRole("heading", { name: "Choose a password" }).waitFor();
    assert.deepEqual(await axe(tom), []);
    await tom.getByLabel("Current password").fill("temporary lantern over the bay");
    await tom.getByLabel(/^New password( \*)?$/).fill(password);
    await tom.getByLabel("New password once more").fill(password);
    await tom.getByRole("button", { name: "Change the password" }).click();
    await tom.locator("#main").waitFor();
    assert.equal(await tom.getByRole("link", { name: "Technicians" }).count(), 0, "a technician is not offered the administration");
  });
  await his.close();
});

test("the pages reported no error and asked no other host", () => assert.deepEqual(context.complaints, []));
