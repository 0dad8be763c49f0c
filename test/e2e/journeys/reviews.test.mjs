// A review of access from its making to its report: everything that waits is answered by keyboard, and the report proves itself to the program
// alone. At full scale it is a quarter's: 200 technicians, 2,000 grants and their platform roles in one sitting.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { api, eventually, full, launch, looked, patiently, pictured, signIn, startServer } from "../harness.mjs";
import { open } from "../pages.mjs";

const people = full ? 200 : 4;
const each = full ? 10 : 3; // grants
const total = people * (each + 1); // with the platform role of each
const binary = process.env.COUNTERSIGN_BINARY ?? fileURLToPath(new URL("../../../bin/countersign", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "countersign-review-"));
const took = {};
let server, browser, context, page, call, review, devtools;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  call = api(context, server.base);
  await call.patch("/api/me", { theme: "auto" });
  const customers = (await call.get(`/api/customers?limit=${each}`)).items;
  const role = await call.post("/api/roles", { name: "Reviewed", purpose: "devices", permissions: ["device.view", "device.chat"] });
  const members = [];
  for (let n = 0; n < people; n++) {
    const number = String(n).padStart(3, "0");
    const made = await patiently(() => call.post("/api/technicians", { given_name: "Rita", family_name: `Number ${number}`, email: `rita${number}@example.com`, platform_role: "technician" }));
    members.push(made.id);
    for (const customer of customers) {
      await patiently(() => call.post("/api/grants", { subject: { type: "technician", id: made.id }, role_id: role.id, scope: { type: "customer", id: customer.id } }));
    }
  }
  await patiently(() => call.post("/api/teams", { name: "Ritas", member_ids: members }));
  if (full) {
    await new Promise((rested) => setTimeout(rested, 30_000)); // a person comes with all of their requests
  }
});

after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
  if (full) {
    console.log(`# ${total} rights of ${people} people: ${JSON.stringify(took)}`);
  }
});

const step = (title, run) => test(title, () => pictured(title, [page], run));
const dialog = () => page.getByRole("dialog");
const row = () => page.locator("li:focus-within[data-id]");
const unanswered = () => page.locator("li:focus-within[data-open=true]");
const keys = async (...all) => {
  for (const key of all) {
    await page.keyboard.press(key);
  }
};
/** What the page holds in memory, without what it no longer needs. */
const heap = async () => {
  devtools ??= await context.newCDPSession(page);
  await devtools.send("HeapProfiler.collectGarbage");
  return (await devtools.send("Runtime.getHeapUsage")).usedSize;
};
const counts = async () => (await call.get(`/api/access-reviews/${review}`)).counts;

step("a review is made in the drawer, about one team", async () => {
  await open(page, server.base, "/reviews");
  await page.getByRole("link", { name: /before the audit/ }).waitFor();
  await page.getByRole("button", { name: "New review" }).click();
  await dialog().getByRole("textbox", { name: "Name" }).fill("The Ritas, Q4 2026");
  const teams = dialog().getByRole("combobox", { name: "Teams" });
  await teams.click();
  await teams.fill("Ritas");
  await page.getByRole("option", { name: "Ritas" }).click();
  await page.keyboard.press("Escape");
  await page.waitForTimeout(300);
  assert.deepEqual(await looked(page, "the form"), []);
  await dialog().getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { level: 1, name: "The Ritas, Q4 2026" }).waitFor();
  review = new URL(page.url()).pathname.split("/").at(-1);
  const { items, mine } = await counts();
  assert.deepEqual([items, mine], [total, total]);
});

step("a platform role is confirmed, undone and marked for a change, and a grant taken away with what that does", async () => {
  await page.getByText("Rita Number 000", { exact: true }).waitFor();
  await keys("j", "c");
  await eventually("it is confirmed", async () => (await counts()).confirmed === 1);
  await keys("k", "u");
  await eventually("it is open again", async () => (await counts()).confirmed === 0);
  await page.locator("li[data-open=true]").first().waitFor();
  await page.getByText("Platform role: Technician").first().waitFor();
  await keys("r"); // which is nothing to a platform role
  await keys("f");
  await eventually("it needs a change", async () => (await counts()).flagged === 1);
  const [person] = await Promise.all([context.waitForEvent("page"), page.getByRole("link", { name: /Change it on the page of Rita Number 000/ }).click()]);
  await person.getByRole("heading", { name: "Rita Number 000" }).first().waitFor();
  await person.close();
  await page.locator("li[data-open=true] input").first().focus();
  await keys("r");
  await dialog().getByText(/Rita Number 000: Reviewed on/).waitFor();
  await dialog().getByText(/1 person loses|loses/).first().waitFor();
  await page.waitForTimeout(300);
  if (!full) {
    assert.deepEqual(await looked(page, "taking away"), []);
  }
  await page.keyboard.type("Does not work there");
  await keys("Enter");
  await dialog().waitFor({ state: "detached" });
  await eventually("it is gone", async () => (await counts()).revoked === 1);
  await page.getByText("Does not work there").waitFor();
});

step("all of a person are confirmed with two keys, and what waits with one each", async () => {
  const began = Date.now();
  await keys("j");
  await row().waitFor();
  await keys("a");
  await page.getByText(`${each - 1} selected`).waitFor();
  await keys("c");
  await page.getByText("Confirmed").first().waitFor();
  for (let n = each + 1; n < total; n++) {
    await unanswered().waitFor(); // as one looks before one answers
    await keys("c");
  }
  await eventually("everything is answered", async () => (await counts()).open === 0);
  took.heap = `${Math.round((await heap()) / 2 ** 20)} MB`;
  took.sitting = `${Math.round((Date.now() - began) / 100) / 10} s`;
  assert.deepEqual(await counts().then(({ confirmed, revoked, flagged, open: left, mine }) => ({ confirmed, revoked, flagged, left, mine })), { confirmed: total - 2, revoked: 1, flagged: 1, left: 0, mine: 0 });
  await page.reload();
  await page.getByText("You have answered everything").waitFor();
});

step("it ends, and its report proves itself without the server", async () => {
  await page.getByRole("button", { name: "End now" }).click();
  await dialog().getByText("Everything is answered.").waitFor();
  await dialog().getByRole("button", { name: "End now" }).click();
  const began = Date.now();
  const [download] = await Promise.all([page.waitForEvent("download", { timeout: 60_000 }), page.getByRole("link", { name: "Signed report" }).click({ timeout: 30_000 })]);
  const file = join(folder, "access-review.zip");
  await download.saveAs(file);
  took.report = `${Math.round((Date.now() - began) / 100) / 10} s`;
  took.bytes = readFileSync(file).length;
  const key = join(folder, "countersign.pub");
  writeFileSync(key, await (await context.request.get(`${server.base}/api/audit/public-key`)).text());
  const verify = (which) => promisify(execFile)(binary, ["receipt", "verify", which, "--public-key", key]);
  const { stdout } = await verify(file);
  assert.match(stdout, new RegExp(`The Ritas, Q4 2026 of .*${total} rights, ${total - 2} confirmed, 1 revoked, 1 to be changed.*all signatures good`));
  const bytes = readFileSync(file);
  bytes[Math.floor(bytes.length / 3)] ^= 1;
  const changed = join(folder, "changed.zip");
  writeFileSync(changed, bytes);
  await assert.rejects(verify(changed), /proves nothing/);
});
