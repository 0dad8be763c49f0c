// The people: technicians, teams, customers, contacts and tickets, made and changed on their pages; what counts is what the API says then.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, eventually, launch, looked, pictured, signIn, startServer, wide } from "../harness.mjs";
import { open } from "../pages.mjs";

const password = "seven quiet herons at dusk";
let server, browser, context, page, call;

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
const dialog = () => page.getByRole("dialog");
const one = async (collection, q) => (await call.get(`/api/${collection}?q=${encodeURIComponent(q)}`)).items[0];

/** Types into a field that searches, takes what it finds, and goes on. */
async function choose(within, label, text) {
  const field = within.getByLabel(new RegExp(`^${label}( \\*)?$`)).first();
  await field.click();
  await field.pressSequentially(text);
  await page.getByRole("option", { name: text }).first().click();
  await page.keyboard.press("Tab");
}

/** Goes through the three steps for somebody with a temporary password. */
async function newTechnician(given, family, { role, team, again }) {
  const form = dialog();
  await form.getByLabel("Given name").fill(given);
  await form.getByLabel("Family name").fill(family);
  await form.getByLabel("Email").fill(`${given.toLowerCase()}@example.com`);
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByRole("combobox", { name: "Role" }).click();
  await page.getByRole("option", { name: role, exact: true }).click();
  if (team) {
    await choose(form, "Teams", team);
  }
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByText("Password", { exact: true }).click();
  await form.getByLabel("Temporary password").fill(`temporary lantern of ${given}`);
  await form.getByRole("button", { name: "See what changes" }).click();
  await form.getByRole("region", { name: "Who gains and loses what" }).waitFor();
  await form.getByRole("button", { name: again ? "Save and new" : "Save", exact: true }).click();
}

step("two technicians are made in three steps, one after the other", async () => {
  await open(page, server.base, "/technicians");
  await page.getByRole("button", { name: "New technician" }).first().click();
  await dialog().getByRole("button", { name: "Next" }).click();
  await dialog().getByText("Email: fill this in.").waitFor(); // the first step does not let go without it
  await newTechnician("Marta", "Quist", { role: "Manager", team: "Retail", again: true });
  await dialog().getByLabel("Given name").and(page.locator("[value='']")).waitFor(); // begun anew
  await newTechnician("Nils", "Orre", { role: "Technician" });
  await page.getByRole("heading", { level: 1, name: "Nils Orre" }).waitFor();
  const marta = await one("technicians", "marta@example.com");
  assert.equal(marta.platform_role, "manager");
  assert.equal(marta.state, "activated", "a temporary password lets them in at once");
  const retail = await one("teams", "Retail");
  assert.ok(retail.member_ids.includes(marta.id), "the team knows its new member");
  assert.equal((await one("technicians", "nils@example.com")).platform_role, "technician");
});

step("somebody is made with a platform role of the organization, and one that is gone leads back to its field", async () => {
  const { id } = await call.post("/api/platform-roles", { name: "Night desk", based_on: "read_only", customers: "all", permissions: ["ticket.view"] });
  const gone = await call.post("/api/platform-roles", { name: "Gone soon", based_on: "technician", customers: "own", permissions: [] });
  await open(page, server.base, "/technicians?new=1");
  await newTechnician("Ove", "Lind", { role: "Night desk" });
  await page.getByRole("heading", { level: 1, name: "Ove Lind" }).waitFor();
  const ove = await one("technicians", "ove@example.com");
  assert.deepEqual([ove.platform_role, ove.platform_role_id], ["read_only", id]);
  await open(page, server.base, "/technicians?q=ove@example.com");
  await page.locator("tbody tr").filter({ hasText: "Night desk" }).waitFor();

  await open(page, server.base, "/technicians?new=1");
  const form = dialog();
  await form.getByLabel("Given name").fill("Eve");
  await form.getByLabel("Email").fill("eve@example.com");
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByRole("combobox", { name: "Role" }).click();
  await page.getByRole("option", { name: "Gone soon", exact: true }).click();
  const deleted = await context.request.delete(`${server.base}/api/platform-roles/${gone.id}`, { headers: { origin: server.base, "if-match": `"${gone.version}"` } });
  assert.equal(deleted.status(), 204);
  await form.getByRole("button", { name: "Next" }).click();
  await form.getByRole("button", { name: "See what changes" }).click();
  await form.getByText("What this changes cannot be shown").waitFor();
  await form.getByRole("button", { name: "Save", exact: true }).click();
  await form.getByRole("combobox", { name: "Role" }).and(page.locator("[aria-invalid=true]")).waitFor();
  assert.deepEqual(await looked(page, "a platform role that is gone"), []);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Leave" }).click();
});

step("a refusal leads back to the step of its field", async () => {
  await open(page, server.base, "/technicians?new=1");
  await newTechnician("Marta", "Again", { role: "Technician" });
  await dialog().getByLabel("Email").and(page.locator("[aria-invalid=true]")).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Leave" }).click();
});

step("a team is made, and people and customers are taken in from both sides", async () => {
  await open(page, server.base, "/teams");
  await page.getByRole("button", { name: "New team" }).first().click();
  await dialog().getByLabel("Name").fill("Night watch");
  await choose(dialog(), "Leads", "Marta Quist");
  await dialog().getByRole("button", { name: "See what changes" }).click();
  await dialog().getByRole("region", { name: "Who gains and loses what" }).waitFor();
  await dialog().getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: "Night watch" }).waitFor();

  await choose(page, "Find people to take in", "Nils Orre");
  await page.getByRole("button", { name: "Take in" }).click();
  await dialog().getByRole("region", { name: "Who gains and loses what" }).waitFor();
  await dialog().getByRole("button", { name: "Take in" }).click();
  await dialog().waitFor({ state: "detached" }); // its own list names them too
  await page.getByRole("listitem").filter({ hasText: "Nils Orre" }).waitFor();
  await page.getByRole("link", { name: "Customers", exact: true }).last().click();
  await choose(page, "Find customers to take in", "Fabrikam Legal");
  await page.getByRole("button", { name: "Take in" }).click();
  await dialog().getByRole("region", { name: "Who gains and loses what" }).waitFor();
  await dialog().getByRole("button", { name: "Take in" }).click();
  await dialog().waitFor({ state: "detached" }); // its own list names them too
  await page.getByRole("listitem").filter({ hasText: "Fabrikam Legal" }).waitFor();

  const [marta, nils, fabrikam] = [await one("technicians", "marta@example.com"), await one("technicians", "nils@example.com"), await one("customers", "Fabrikam")];
  const team = await one("teams", "Night watch");
  assert.deepEqual(team.lead_ids, [marta.id]);
  assert.deepEqual(team.member_ids, [nils.id]);
  assert.deepEqual(team.customer_ids, [fabrikam.id]);

  // The other side: the technician's page says where each customer comes from, the customer's who reaches it.
  await open(page, server.base, `/technicians/${nils.id}?tab=access`);
  await page.getByRole("listitem").filter({ hasText: "Fabrikam Legal" }).getByRole("link", { name: "through Night watch" }).waitFor();
  await open(page, server.base, `/customers/${fabrikam.id}?tab=people`);
  await page.getByRole("listitem").filter({ hasText: "Nils Orre" }).getByText("through a team").waitFor();
});

step("several technicians are chosen and put into a team as one task", async () => {
  await open(page, server.base, "/technicians?q=example.com&role=technician");
  const rows = page.locator("tbody tr");
  for (const name of ["Priya Natarajan", "Theo Marchetti"]) {
    await rows.filter({ hasText: name }).getByRole("checkbox").click();
  }
  await page.getByText("2 selected").waitFor();
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Add to a team" }).click();
  await dialog().getByText("2 technicians:").waitFor();
  assert.ok(await dialog().getByRole("button", { name: "Start for 2" }).isDisabled(), "nothing starts without a team");
  await choose(dialog(), "Team", "Night watch");
  assert.deepEqual(await axe(page, ["region"]), []);
  await dialog().getByRole("button", { name: "Start for 2" }).click();
  await dialog().waitFor({ state: "detached" });
  const task = await eventually("the task is done", async () => (await call.get("/api/tasks")).items.find((x) => x.state === "done" && x.total === 2));
  const { items } = await call.get(`/api/tasks/${task.id}/results`);
  assert.deepEqual(items.map((x) => [x.name, x.outcome]).sort(), [["Priya Natarajan", "done"], ["Theo Marchetti", "done"]]);
  const people = (await call.get(`/api/technicians?team_id=${(await one("teams", "Night watch")).id}`)).items.map((x) => x.name).sort();
  assert.deepEqual(people, ["Marta Quist", "Nils Orre", "Priya Natarajan", "Theo Marchetti"]);
});

step("what cannot be taken back asks for the number of people", async () => {
  await open(page, server.base, "/technicians?q=example.com");
  await page.locator("tbody tr").filter({ hasText: "Luc Moreau" }).getByRole("checkbox").click();
  await page.getByRole("button", { name: "Actions" }).click();
  await page.getByRole("menuitem", { name: "Suspend" }).click();
  const start = dialog().getByRole("button", { name: "Start for one" });
  assert.ok(await start.isDisabled());
  await dialog().getByLabel("Type “1” to go on").fill("1");
  await start.click();
  await eventually("Luc is suspended", async () => (await one("technicians", "luc@")).status === "suspended");
});

step("a technician is suspended on their page, and their session ends", async () => {
  const nils = await one("technicians", "nils@example.com");
  const his = await browser.newContext({ viewport: wide });
  const headers = { origin: server.base };
  const entered = await his.request.post(`${server.base}/api/session`, { headers, data: { email: "nils@example.com", password: "temporary lantern of Nils" } });
  assert.equal(entered.status(), 200);
  await his.request.put(`${server.base}/api/me/password`, { headers, data: { current_password: "temporary lantern of Nils", new_password: password } });
  assert.equal((await his.request.get(`${server.base}/api/me`)).status(), 200);

  await open(page, server.base, `/technicians/${nils.id}`);
  await page.getByRole("button", { name: "Suspend" }).click();
  const changes = dialog();
  await changes.getByText("Suspended", { exact: true }).waitFor();
  await changes.getByText("Sessions", { exact: true }).waitFor();
  assert.deepEqual(await axe(page, ["region"]), []);
  await changes.getByRole("button", { name: "Suspend" }).click();
  await page.getByRole("main").getByText("Suspended").first().waitFor();
  assert.equal((await one("technicians", "nils@example.com")).status, "suspended");
  assert.equal((await his.request.get(`${server.base}/api/me`)).status(), 401, "the open session is over");
  assert.equal((await call.get(`/api/sessions?technician_id=${nils.id}`)).items.length, 0);
  await page.getByRole("button", { name: "Reactivate" }).click();
  await dialog().getByRole("button", { name: "Reactivate" }).click(); // once one has seen what they gain
  await eventually("Nils is active", async () => (await one("technicians", "nils@example.com")).status === "active");
  await his.close();
});

step("a manager takes people into the team that they lead, and sees no others", async () => {
  const hers = await browser.newContext({ viewport: wide, locale: "en-US", reducedMotion: "reduce" });
  hers.setDefaultTimeout(30_000);
  const headers = { origin: server.base };
  await hers.request.post(`${server.base}/api/session`, { headers, data: { email: "marta@example.com", password: "temporary lantern of Marta" } });
  await hers.request.put(`${server.base}/api/me/password`, { headers, data: { current_password: "temporary lantern of Marta", new_password: password } });
  const marta = await hers.newPage();
  await pictured("manager", [marta], async () => {
    await open(marta, server.base, "/teams");
    await marta.getByRole("link", { name: "Night watch" }).waitFor();
    assert.equal(await marta.getByRole("link", { name: "Education" }).count(), 0, "only the teams that she is in");
    await marta.getByRole("link", { name: "Night watch" }).click();
    await marta.getByRole("heading", { level: 1, name: "Night watch" }).waitFor();
    await marta.getByRole("button", { name: "Take Nils Orre out of the team" }).click();
    await eventually("Nils is out", async () => !(await one("teams", "Night watch")).member_ids.includes((await one("technicians", "nils@example.com")).id));
    assert.equal(await marta.getByRole("button", { name: /a lead$/ }).count(), 0, "leads are named by administrators");
    assert.deepEqual(await axe(marta), []);
  });
  await hers.close();
});

step("two contacts that are one person are merged", async () => {
  const fabrikam = await one("customers", "Fabrikam");
  const make = (name, fields) => call.post("/api/contacts", { customer_id: fabrikam.id, name, ...fields });
  const full = await make("Pia Ende", { emails: ["pia@fabrikam.example.com"], phones: [{ number: "+12125550191", kind: "mobile" }], job_title: "Counsel" });
  const thin = await make("Pia Ende", { emails: ["p.ende@fabrikam.example.com"], department: "Law" });
  await open(page, server.base, "/contacts/duplicates");
  const group = page.getByRole("region").filter({ hasText: "p.ende@fabrikam.example.com" });
  await group.getByRole("button", { name: "Merge…" }).click();
  await dialog().getByRole("row", { name: /Department/ }).getByRole("cell", { name: "Law" }).last().waitFor();
  assert.deepEqual(await axe(page, ["region"]), []);
  await dialog().getByRole("button", { name: "Merge 2 into one" }).click();
  await dialog().waitFor({ state: "detached" });
  const merged = await call.get(`/api/contacts/${full.id}`);
  assert.deepEqual(merged.emails, ["pia@fabrikam.example.com", "p.ende@fabrikam.example.com"]);
  assert.deepEqual([merged.job_title, merged.department], ["Counsel", "Law"]);
  await assert.rejects(call.get(`/api/contacts/${thin.id}`), /contact\.merged/);
});

step("a contact is given a field of its own, and loses it again", async () => {
  const pia = await one("contacts", "Pia Ende");
  await open(page, server.base, `/contacts/${pia.id}`);
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await dialog().getByRole("button", { name: "Add a field" }).click();
  await dialog().getByLabel("Name of the field 1").fill("Floor");
  await dialog().getByLabel("Value 1").fill("3");
  await page.keyboard.press("Control+Enter");
  await dialog().waitFor({ state: "detached" });
  assert.deepEqual((await call.get(`/api/contacts/${pia.id}`)).custom_fields, { Floor: "3" });
  await page.getByRole("button", { name: "Edit", exact: true }).click();
  await dialog().getByRole("button", { name: "Remove Fields of your own 1" }).click();
  await page.keyboard.press("Control+Enter");
  await dialog().waitFor({ state: "detached" });
  assert.deepEqual((await call.get(`/api/contacts/${pia.id}`)).custom_fields, {});
});

step("a quick ticket is written once and used; the ticket is taken, raised and waits", async () => {
  await open(page, server.base, "/tickets/templates");
  await page.getByRole("button", { name: "New quick ticket" }).first().click();
  await dialog().getByLabel("Name").fill("Forgotten password");
  await dialog().getByLabel("Summary").fill("Reset a forgotten password");
  await dialog().getByLabel("Description").fill("Verify first.");
  await dialog().getByRole("button", { name: "Save" }).click();
  await dialog().waitFor({ state: "detached" });

  await open(page, server.base, "/tickets");
  await page.getByRole("button", { name: "New ticket" }).first().click();
  await dialog().getByRole("combobox", { name: "Quick ticket" }).click();
  await page.getByRole("option", { name: "Forgotten password" }).click();
  await choose(dialog(), "Customer", "Fabrikam Legal");
  await choose(dialog(), "Contact", "Pia Ende");
  await dialog().getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: /Reset a forgotten password/ }).waitFor();
  await page.getByRole("button", { name: "Take it" }).click();
  await page.getByRole("button", { name: "Take it" }).waitFor({ state: "detached" });
  const set = async (label, value) => {
    await page.getByRole("combobox", { name: label, exact: true }).click();
    await page.getByRole("option", { name: value, exact: true }).click();
  };
  await set("Priority", "Urgent");
  await page.getByRole("list", { name: "Timeline" }).getByText("Urgent").waitFor();
  await set("Status", "Waiting");
  await page.getByRole("list", { name: "Timeline" }).getByText("Waiting").waitFor();
  const ticket = await one("tickets", "forgotten password");
  const me = (await call.get("/api/me")).technician;
  assert.deepEqual([ticket.priority, ticket.status, ticket.assigned_to.id, ticket.description], ["urgent", "waiting", me.id, "Verify first."]);

  await page.getByLabel("Write a note").fill("Called back, nobody there.");
  await page.keyboard.press("Control+Enter");
  await page.getByRole("list", { name: "Timeline" }).getByText("Called back, nobody there.").waitFor();
});

step("a list keeps its state in the address, and each view is one click", async () => {
  await open(page, server.base, "/tickets");
  await page.getByRole("button", { name: "Unassigned" }).click();
  await page.waitForURL(/assigned_to=none/);
  await page.waitForURL(/status=open/);
  assert.equal(await page.locator("tbody tr").filter({ hasText: "Reset a forgotten password" }).count(), 0);
  await page.reload();
  await page.getByRole("button", { name: "Unassigned", pressed: true }).waitFor();
});

test("axe finds nothing behind the tabs of the people, and everything fits", async () => {
  const id = async (collection, q) => (await one(collection, q)).id;
  const nils = await id("technicians", "nils@example.com");
  const fabrikam = await id("customers", "Fabrikam");
  // What the first tab of each page shows is looked at with all pages, in pages.test.mjs.
  const pages = [
    ...["access", "security", "activity", "tickets"].map((tab) => `/technicians/${nils}?tab=${tab}`),
    `/teams/${await id("teams", "Night watch")}?tab=customers`,
    ...["contacts", "tickets", "people", "devices", "notes"].map((tab) => `/customers/${fabrikam}?tab=${tab}`),
    `/contacts/${await id("contacts", "Pia Ende")}?tab=history`,
    "/tickets/templates",
    `/tickets/${await id("tickets", "forgotten password")}`,
  ];
  const found = [];
  for (const path of pages) {
    await open(page, server.base, path);
    found.push(...(await looked(page, path)));
  }
  assert.deepEqual(found, []);
});

test("the pages reported no error and asked no other host", () => assert.deepEqual(context.complaints, []));
