// What nobody uses is found, a role is made narrower and tried on what was done, with nothing but the keyboard.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, launch, signIn, startServer } from "../harness.mjs";
import { keyboard } from "../hands.mjs";
import { open } from "../pages.mjs";

let server, browser, context, page, call;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  call = api(context, server.base);
  // The demo's past is counted in memory and written within seconds.
  for (let i = 0; !(await call.get("/api/access/unused?limit=1")).recorded_since; i++) {
    assert.ok(i < 100, "the demo's uses are not recorded");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("what nobody uses, by person and by role", async () => {
  await open(page, server.base, "/roles");
  await keyboard.press(page, page.getByRole("link", { name: "Unused rights" }));
  const list = page.getByRole("list", { name: "Technicians with unused rights" });
  await list.getByRole("button").first().waitFor();
  await list.getByText("never used").first().waitFor();
  const roles = page.getByRole("radio", { name: "By role" });
  await roles.focus();
  await page.keyboard.press("Space");
  await page.getByRole("list", { name: "Roles with unused rights" }).getByRole("button", { name: /Remote support/ }).waitFor();
});

test("a narrower role is tried on what was done, and made", async () => {
  const { items } = await call.get("/api/access/unused-by-role");
  const role = items.find((x) => x.name === "Remote support");
  assert.ok(role.unused.some((x) => x.permission === "device.clipboard"), "nobody exchanges a clipboard");
  await open(page, server.base, `/roles/${role.id}`);
  await page.getByText("Not used for 90 days").first().waitFor();
  await keyboard.press(page, page.getByRole("button", { name: "Make a narrower role" }));
  const form = page.getByRole("dialog", { name: "A narrower Remote support" });
  await form.getByRole("textbox", { name: "Name" }).waitFor();
  assert.equal(await form.getByRole("textbox", { name: "Name" }).inputValue(), "Remote support (narrower)");
  const trial = form.getByRole("button", { name: "Try on the last 30 days" });
  await keyboard.press(page, trial);
  await form.getByText("All of it would come out as it did.").waitFor();
  const files = form.getByRole("checkbox", { name: /^Files/ });
  await files.focus();
  await page.keyboard.press("Space");
  await keyboard.press(page, trial);
  await form.getByText(/would notice\.$/).waitFor();
  await form.getByRole("list", { name: "What would come out otherwise" }).getByText("allowed, then refused").first().waitFor();
  assert.deepEqual(await axe(page), []);
  await keyboard.press(page, form.getByRole("button", { name: "Save" }));
  await page.getByRole("heading", { name: "Remote support (narrower)" }).waitFor();
  const made = (await call.get("/api/roles?limit=200")).items.find((x) => x.name === "Remote support (narrower)");
  assert.ok(!made.permissions.includes("device.clipboard") && !made.permissions.includes("device.files") && made.permissions.includes("device.screen.control"));
  assert.equal(made.usage.grants, 0, "nobody has it yet");
});
