// A technician may delete a device only with a second person: she asks, cannot decide herself, the owner approves, and the device is gone.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, eventually, launch, listen, looked, pictured, signIn, startServer, wide } from "../harness.mjs";
import { open } from "../pages.mjs";

const email = "ines@example.com";
const name = "NW-SPARE-01";
let server, browser, context, page, call, hers, ines, device, request;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  call = api(context, server.base);
  await call.patch("/api/me", { theme: "auto" });
  // A technician at one customer, with a role by which she may see and delete its devices.
  const customer = (await call.get("/api/customers?limit=1")).items[0];
  device = await call.post("/api/devices", { name, platform: "windows", customer_id: customer.id });
  const her = await call.post("/api/technicians", { given_name: "Ines", family_name: "Roth", email, platform_role: "technician", customer_ids: [customer.id], password: "temporary lantern of Ines" });
  const role = await call.post("/api/roles", { name: "Device clerk", purpose: "devices", permissions: ["device.view", "device.delete"] });
  await call.post("/api/grants", { subject: { type: "technician", id: her.id }, role_id: role.id, scope: { type: "customer", id: customer.id } });
  hers = await browser.newContext({ viewport: wide, locale: "en-US", timezoneId: "America/New_York", reducedMotion: "reduce" });
  hers.setDefaultTimeout(30_000);
  listen(hers);
  const as = api(hers, server.base);
  await as.post("/api/session", { email, password: "temporary lantern of Ines" });
  await as.put("/api/me/password", { current_password: "temporary lantern of Ines", new_password: "seven quiet herons at dusk" });
  await as.patch("/api/me", { theme: "auto" });
  ines = await hers.newPage();
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const step = (title, run) => test(title, () => pictured(title, [page, ines], run));
const dialog = (of) => of.getByRole("dialog");
const rest = (of) => of.waitForTimeout(300); // the dialog has come to rest

step("where a second person is missing, she is offered to ask", async () => {
  await open(ines, server.base, `/devices/${device.id}`);
  await ines.getByRole("button", { name: "Delete this device" }).click();
  await dialog(ines).getByRole("button", { name: "Delete" }).click();
  await dialog(ines).getByText("This takes a second person").waitFor();
  assert.equal(await dialog(ines).getByRole("button", { name: /without a second person/ }).count(), 0, "only administrators act alone");
  await dialog(ines).getByRole("button", { name: "Ask for approval" }).click();
  await dialog(ines).getByText("Please fill in").or(dialog(ines).locator("[aria-invalid=true]")).first().waitFor(); // a reason is missing
  await dialog(ines).getByRole("textbox", { name: "Reason" }).fill("It was stolen, and is blocked already");
  await rest(ines);
  assert.deepEqual(await axe(ines), []);
  await dialog(ines).getByRole("button", { name: "Ask for approval" }).click();
  await dialog(ines).getByText(/Those who may decide have been told/).waitFor();
  await dialog(ines).getByRole("button", { name: "See the request" }).click();
  await ines.getByRole("heading", { level: 1, name: `Delete the device ${name}` }).waitFor();
});

step("she cannot decide on it herself", async () => {
  await ines.getByText(/Another person decides/).waitFor();
  assert.equal(await ines.getByRole("button", { name: "Approve", exact: true }).count(), 0);
  request = (await call.get("/api/approvals?to_decide=true")).items[0];
  assert.equal(request.requester.name, "Ines Roth");
  const refused = await hers.request.post(`${server.base}/api/approvals/${request.id}/approve`, { headers: { origin: server.base }, data: { digest: request.digest } });
  assert.equal(refused.status(), 403);
  assert.equal((await call.get(`/api/devices/${device.id}`)).name, name, "nothing has happened yet");
});

step("it waits for the owner, with all that was shown", async () => {
  await open(page, server.base, "/");
  await page.getByRole("heading", { name: "For you to decide" }).waitFor();
  await page.getByRole("main").getByRole("link", { name: `Delete the device ${name}` }).waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole("link", { name: /^Approvals.*1 request to decide/ }).click();
  await page.getByRole("link", { name: `Delete the device ${name}` }).waitFor();
  assert.deepEqual(await looked(page, "approvals"), []);
  await page.getByRole("link", { name: `Delete the device ${name}` }).click();
  await page.getByRole("heading", { level: 1, name: `Delete the device ${name}` }).waitFor();
  await page.getByText("It was stolen, and is blocked already").waitFor();
  await page.getByText(/^Can be decided for another/).waitFor();
  assert.deepEqual(await looked(page, "a request"), []);
});

step("she approves, it is done, and the one who asked sees it at once", async () => {
  await page.getByRole("textbox", { name: "Comment" }).fill("Confirmed by phone");
  await page.getByRole("button", { name: "Approve", exact: true }).click();
  await page.getByText(/It is approved and done/).waitFor();
  await ines.getByText(/It is approved and done/).waitFor(); // by the stream of events
  await ines.getByText("Confirmed by phone").waitFor();
  await eventually("the device is gone", async () => !(await call.get(`/api/devices?q=${name}`)).items.some((x) => x.id === device.id));
  assert.equal((await call.get(`/api/approvals/${request.id}`)).state, "executed");
});

step("what takes a second person is set for everybody", async () => {
  await open(page, server.base, "/settings/sensitive-permissions");
  await page.getByRole("checkbox", { name: "Wake", exact: true }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("Saved.").waitFor();
  assert.ok((await call.get("/api/settings/sensitive-permissions")).permissions.includes("device.wake"));
});

test("the pages reported no error and asked no other host", () => assert.deepEqual([...context.complaints, ...hers.complaints], []));
