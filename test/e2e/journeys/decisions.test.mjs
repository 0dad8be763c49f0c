// What another program was told is found, read with its reason, and asked again.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, launch, looked, pictured, signIn, startServer } from "../harness.mjs";
import { open } from "../pages.mjs";

let server, browser, context, page, call;
let told;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  call = api(context, server.base);
  // What the demo's program was told is written soon after.
  for (let i = 0; i < 120 && !told; i++) {
    const { items } = await call.get("/api/access/decisions?limit=200");
    told = items.find((x) => x.outcome === "allow" && x.because.length > 0 && x.resource_type === "device" && x.resource_name);
    await new Promise((done) => setTimeout(done, 500));
  }
  assert.ok(told, "the demo's program was told a yes by a grant");
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const step = (name, run) => test(name, () => pictured(name, [page], run));
const table = () => page.getByRole("table", { name: "Decisions" });
const rows = () => table().locator("tbody tr[data-id]");

step("the list says who may do what, and what the answer was", async () => {
  await open(page, server.base, "/decisions");
  await rows().first().waitFor();
  assert.deepEqual(await looked(page, "the decisions"), []);
});

step("it is narrowed by person and answer", async () => {
  await open(page, server.base, `/decisions?subject_id=${told.subject_id}&outcome=allow`);
  await rows().filter({ hasText: told.resource_name }).first().waitFor();
  const { items } = await call.get(`/api/access/decisions?limit=200&subject_id=${told.subject_id}&outcome=allow`);
  assert.equal(await rows().count(), items.length);
  assert.equal(await rows().filter({ hasText: told.subject_name }).count(), items.length);
});

step("a row opens to say why", async () => {
  await page.locator(`tr[data-id="${told.id}"]`).getByRole("button").click();
  const why = page.getByRole("region", { name: "Why" });
  await why.getByText(`The role ${told.because[0].role.name.replace(" (System)", "")}`).waitFor();
  assert.deepEqual(await looked(page, "a decision"), []);
});

step("the same is asked today", async () => {
  await page.getByRole("button", { name: "Ask the same today" }).click();
  await page.getByRole("region", { name: "Ask the same today" }).getByText("Allowed.").waitFor();
});

step("all about the same thing is one click away", async () => {
  await page.getByRole("link", { name: "All about the same thing" }).click();
  await page.waitForURL(/resource_id=/);
  await rows().filter({ hasText: told.resource_name }).first().waitFor();
  const { items } = await call.get(`/api/access/decisions?limit=200&resource_id=${told.resource_id}`);
  await page.waitForFunction((n) => document.querySelectorAll("tbody tr[data-id]").length === n, items.length);
});
