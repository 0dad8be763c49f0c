// What nobody uses is found, a role is made narrower and tried on what was done, and grants move to it, with nothing but the keyboard.
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

/** The grants of a role. */
const grantsOf = async (id) => (await call.get(`/api/grants?role_id=${id}&limit=200`)).items;
const choose = async (radio) => {
  await radio.focus();
  await page.keyboard.press("Space");
};

test("the grants of one team move to a narrower role, once it is seen who loses what", async () => {
  const role = (await call.get("/api/roles?limit=200")).items.find((x) => x.name === "Remote support");
  const before = await grantsOf(role.id);
  const one = before[0].subject;
  const theirs = before.filter((grant) => grant.subject.id === one.id).length;
  await open(page, server.base, `/roles/${role.id}`);
  await keyboard.press(page, page.getByRole("button", { name: "Make a narrower role" }));
  const form = page.getByRole("dialog", { name: "A narrower Remote support" });
  const name = form.getByRole("textbox", { name: "Name" });
  await name.fill("Remote support of one");
  assert.ok(await form.getByRole("radio", { name: "Nobody yet" }).isChecked(), "something moves though nobody chose it");
  await choose(form.getByRole("radio", { name: "One person or team" }));
  await keyboard.press(page, form.getByRole("button", { name: "See what changes" }));
  await form.getByRole("button", { name: /Person or team/ }).waitFor();
  await form.getByRole("combobox", { name: "Person or team" }).or(form.getByRole("textbox", { name: "Person or team" })).first().fill(one.name);
  await page.getByRole("option", { name: one.name }).first().waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.deepEqual(await axe(page), []);
  await keyboard.press(page, form.getByRole("button", { name: "See what changes" }));
  await form.getByText(/(loses|lose) something/).waitFor();
  assert.equal((await grantsOf(role.id)).length, before.length, "a preview moved something");
  await keyboard.press(page, form.getByRole("button", { name: "Save" }));
  await page.getByRole("heading", { name: "Remote support of one" }).waitFor();
  const made = (await call.get("/api/roles?limit=200")).items.find((x) => x.name === "Remote support of one");
  assert.equal(made.usage.grants, theirs);
  assert.deepEqual([...new Set((await grantsOf(made.id)).map((grant) => grant.subject.id))], [one.id]);
  assert.equal((await grantsOf(role.id)).length, before.length - theirs);
});

test("all grants of a role that comes with Countersign move, unless somebody gave it meanwhile", async () => {
  const role = (await call.get("/api/roles?limit=200")).items.find((x) => x.name === "Full device access (System)");
  const before = await grantsOf(role.id);
  const form = page.getByRole("dialog", { name: "A narrower Full device access" });
  const show = async () => {
    await keyboard.press(page, page.getByRole("button", { name: "Make a narrower role" }));
    await form.getByRole("textbox", { name: "Name" }).fill("Device access of all");
    await choose(form.getByRole("radio", { name: "Everybody who has Full device access" }));
    await keyboard.press(page, form.getByRole("button", { name: "See what changes" }));
    await form.getByText(/(loses|lose) something|Nobody gains or loses/).first().waitFor();
  };
  await open(page, server.base, `/roles/${role.id}`);
  await show();
  const customer = (await call.get("/api/customers?limit=1")).items[0];
  await call.post("/api/teams", { name: "Meanwhile" });
  const team = (await call.get("/api/teams?q=Meanwhile")).items[0];
  await call.post("/api/grants", { subject: { type: "team", id: team.id }, role_id: role.id, scope: { type: "customer", id: customer.id } });
  await keyboard.press(page, form.getByRole("button", { name: "Save" }));
  await form.getByText(/Somebody else changed this meanwhile/).first().waitFor();
  assert.equal((await grantsOf(role.id)).length, before.length + 1, "something moved that nobody looked at");
  await page.keyboard.press("Escape");
  await keyboard.press(page, page.getByRole("button", { name: "Leave", exact: true }));
  await form.waitFor({ state: "detached" });
  await show();
  await keyboard.press(page, form.getByRole("button", { name: "Save" }));
  await page.getByRole("heading", { name: "Device access of all" }).waitFor();
  assert.equal((await grantsOf(role.id)).length, 0);
});

test("a narrower role for one person, from what they do not use", async () => {
  await open(page, server.base, "/roles/unused");
  const list = page.getByRole("list", { name: "Technicians with unused rights" });
  const narrower = list.getByRole("button", { name: /^Narrower .+ for .+/ }).first();
  // Whoever uses nothing of a role has nothing left that a narrower one could hold.
  await list.getByRole("button").first().waitFor();
  for (const _ of await list.locator("button[aria-expanded=false]").all()) {
    if (await narrower.isVisible()) {
      break;
    }
    await list.locator("button[aria-expanded=false]").first().press("Enter");
  }
  await narrower.waitFor();
  await keyboard.press(page, narrower);
  const form = page.getByRole("dialog", { name: /^A narrower / });
  await form.getByRole("radio", { name: "Nobody yet" }).waitFor();
  assert.deepEqual(await axe(page), []);
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "detached" });
});
