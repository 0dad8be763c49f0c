// The console with much in it: at full scale 100,000 devices in 1,200 groups of 200 customers and 40 roles. It is measured how long the browser
// is busy after each key and click until it has painted, and how long until what was asked for stands there.
import assert from "node:assert/strict";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { api, eventually, full, launch, looked, patiently, pictured, signIn, startServer } from "../harness.mjs";
import { open } from "../pages.mjs";

const size = full ? { customers: 200, groups: 5, devices: 100 } : { customers: 3, groups: 2, devices: 2 };
const roles = 40;
const figures = [];
let server, browser, context, page, call, technician, customer, device;

before(async () => {
  server = await startServer();
  browser = await launch();
  ({ context, page } = await signIn(browser, server));
  context.setDefaultTimeout(60_000);
  call = api(context, server.base);
  await call.patch("/api/me", { theme: "auto" });
  await page.addInitScript(() => {
    globalThis.busy = [];
    const keep = (list) => globalThis.busy.push(...list.getEntries().filter((e) => e.interactionId > 0).map((e) => e.duration));
    globalThis.observer = new PerformanceObserver(keep);
    globalThis.observer.observe({ type: "event", durationThreshold: 16 });
    globalThis.busiest = () => {
      keep({ getEntries: () => globalThis.observer.takeRecords() });
      return Math.max(0, ...globalThis.busy.splice(0));
    };
  });
  const lines = ["Name,Customer,Group,Platform"];
  for (let c = 0; c < size.customers; c++) {
    const name = `Large ${String(c).padStart(3, "0")}`;
    customer = await patiently(() => call.post("/api/customers", { name }));
    const above = await patiently(() => call.post("/api/device-groups", { name, customer_id: customer.id }));
    for (let g = 0; g < size.groups; g++) {
      const group = `Site ${String(c).padStart(3, "0")}-${g}`;
      await patiently(() => call.post("/api/device-groups", { name: group, parent_id: above.id, customer_id: customer.id }));
      for (let d = 0; d < size.devices; d++) {
        lines.push(`host-${String(((c * size.groups) + g) * size.devices + d).padStart(6, "0")},${name},${group},windows`);
      }
    }
  }
  await bringIn(lines);
  for (let n = 0; n < roles; n++) {
    await patiently(() => call.post("/api/roles", { name: `Shift ${String(n).padStart(2, "0")}`, purpose: "devices", permissions: ["device.view", n % 2 ? "device.chat" : "device.terminal"] }));
  }
  technician = (await call.get("/api/technicians?limit=200")).items.find((x) => x.platform_role === "technician" && x.state === "activated" && x.status === "active");
  await call.patch(`/api/technicians/${technician.id}`, { customer_ids: [...technician.customer_ids, customer.id] });
  device = (await call.get(`/api/devices?limit=1&q=host-${String(size.customers * size.groups * size.devices - 1).padStart(6, "0")}`)).items[0];
});

after(async () => {
  await browser?.close();
  await server?.stop();
  for (const f of figures) {
    console.log(`${f.what}: busy ${Math.round(f.busy)} ms, there after ${Math.round(f.there)} ms`);
  }
  if (process.env.COUNTERSIGN_RESULTS) {
    appendFileSync(join(process.env.COUNTERSIGN_RESULTS, "large.jsonl"), `${JSON.stringify({ ...size, roles, figures })}\n`);
  }
});

/** Imports a file of devices. */
async function bringIn(lines) {
  const sent = await context.request.post(`${server.base}/api/devices/import?file_name=large.csv`, { data: lines.join("\n"), headers: { "content-type": "text/csv", origin: server.base } });
  assert.equal(sent.status(), 201, await sent.text());
  const { id } = await sent.json();
  const reaches = async (state) => {
    for (const end = Date.now() + 600_000; Date.now() < end; ) {
      const now = await call.get(`/api/imports/${id}`);
      if (now.state === state) {
        return now;
      }
      assert.notEqual(now.state, "failed");
      await new Promise((again) => setTimeout(again, 250));
    }
    throw new Error(`the import never is ${state}`);
  };
  await call.post(`/api/imports/${id}/check`);
  await reaches("checked");
  await call.post(`/api/imports/${id}/apply`);
  const done = await reaches("applied");
  assert.equal(done.counts.create, lines.length - 1);
}

/** Does something, waits for what it leads to, and notes how long both took. */
async function measured(what, act, then) {
  await page.evaluate(() => globalThis.busiest());
  const begin = performance.now();
  await act();
  await then();
  const there = performance.now() - begin;
  await page.waitForTimeout(100); // what was painted last is told a frame later
  figures.push({ what, there, busy: await page.evaluate(() => globalThis.busiest()) });
}

const step = (name, run) => test(name, () => pictured(name, [page], run));
const dialog = () => page.getByRole("dialog");
const row = (name) => page.locator("tbody tr").filter({ hasText: name });

step("devices are found, narrowed and sorted", async () => {
  const begin = performance.now();
  await open(page, server.base, "/devices");
  await page.locator("tbody tr").first().waitFor();
  figures.push({ what: "the page of devices, loaded anew", there: performance.now() - begin, busy: 0 });
  await measured("a search", () => page.getByRole("searchbox", { name: "Search", exact: true }).pressSequentially(device.name.slice(-4)), () => row(device.name).waitFor());
  await measured("no search", () => page.getByRole("searchbox", { name: "Search", exact: true }).fill(""), () => page.getByRole("button", { name: "Show more" }).waitFor());
  const first = page.locator("tbody tr").first();
  const was = await first.innerText();
  await measured("another sort", () => page.getByRole("columnheader", { name: "Name" }).getByRole("button").click(), () => first.filter({ hasNotText: was.split(/\s/)[0] }).waitFor());
  await measured("fifty more", () => page.getByRole("button", { name: "Show more" }).click(), () => page.locator("tbody tr").nth(60).waitFor());
  const groups = page.getByRole("navigation", { name: "Groups" });
  await measured("a search in the tree", () => groups.getByRole("searchbox").pressSequentially(customer.name.slice(-3)), () => groups.getByRole("link", { name: new RegExp(`^${device.group_name}`) }).waitFor());
  await measured("a group", () => groups.getByRole("link", { name: new RegExp(`^${device.group_name}`) }).click(), () => row(device.name).waitFor());
  await groups.getByRole("searchbox").fill("");
  await measured("a customer opened in the tree", () => groups.getByRole("button", { name: "Groups in Large 000" }).click(), () => groups.getByRole("link", { name: /^Site 000-1/ }).waitFor());
  assert.deepEqual(await looked(page, "devices in a group"), []);
  await measured("a device", () => row(device.name).getByRole("link").first().click(), () => page.getByRole("heading", { level: 1, name: device.name }).waitFor());
  await measured("who can reach it", () => page.getByRole("main").getByRole("combobox", { name: "Permission" }).click(), () => page.getByRole("option", { name: "Terminal" }).waitFor());
  await measured("who can use its command line", () => page.getByRole("option", { name: "Terminal" }).click(), () => page.getByRole("link", { name: "Pia Lindqvist" }).or(page.getByRole("heading", { name: /Who can/ })).first().waitFor());
});

step("one of forty roles is changed, and one sees for whom", async () => {
  await open(page, server.base, "/roles");
  await measured("a role", () => page.getByRole("link", { name: /Shift 39/ }).click(), () => page.getByRole("heading", { level: 2, name: "Shift 39" }).waitFor());
  assert.deepEqual(await looked(page, "one of forty roles"), []);
  await measured("its form", () => page.getByRole("main").getByRole("button", { name: "Edit" }).click(), () => dialog().getByRole("searchbox", { name: "Search permissions" }).waitFor());
  await measured("a search for a permission", () => dialog().getByRole("searchbox", { name: "Search permissions" }).pressSequentially("command"), () => dialog().getByRole("checkbox", { name: "Terminal", exact: true }).waitFor());
  await measured("a permission", () => dialog().getByRole("checkbox", { name: "Terminal", exact: true }).click(), () => eventually("checked", () => dialog().getByRole("checkbox", { name: "Terminal", exact: true }).isChecked()));
  await measured("what changes", () => dialog().getByRole("button", { name: "See what changes" }).click(), () => dialog().getByRole("region", { name: "Who gains and loses what" }).getByRole("status").first().waitFor());
  await measured("it is saved", () => dialog().getByRole("button", { name: "Save" }).click(), () => dialog().waitFor({ state: "detached" }));
});

step("a role is given on one of all devices", async () => {
  await open(page, server.base, `/technicians/${technician.id}?tab=access`);
  await measured("the form of a grant", () => page.getByRole("button", { name: "Give a role: Roles on devices and groups" }).click(), () => dialog().getByRole("combobox", { name: "On what" }).waitFor());
  await dialog().getByRole("combobox", { name: "On what" }).click();
  await measured("on a device", () => page.getByRole("option", { name: "A device", exact: true }).click(), () => dialog().getByRole("combobox", { name: "Device" }).waitFor());
  await measured("a search for a device", () => dialog().getByRole("combobox", { name: "Device" }).pressSequentially(device.name), () => page.getByRole("option", { name: device.name }).waitFor());
  await page.getByRole("option", { name: device.name }).click();
  await measured("forty roles to choose", () => dialog().getByRole("combobox", { name: "Role" }).click(), () => page.getByRole("option", { name: "Shift 38" }).waitFor());
  await page.getByRole("option", { name: "Shift 38" }).click();
  await measured("what changes for them", () => dialog().getByRole("button", { name: "See what changes" }).click(), () => dialog().getByRole("region", { name: "Who gains and loses what" }).getByRole("status").first().waitFor());
  await measured("it is given", () => dialog().getByRole("button", { name: "Give a role" }).click(), () => dialog().waitFor({ state: "detached" }));
  const ask = page.getByRole("region", { name: "What may they do, and why?", exact: true });
  await ask.getByRole("combobox", { name: "On what" }).click();
  await page.getByRole("option", { name: "A device", exact: true }).click();
  await ask.getByRole("combobox", { name: "Device" }).pressSequentially(device.name);
  await measured("what they may do with it", () => page.getByRole("option", { name: device.name }).click(), () => ask.getByRole("button", { name: /^Terminal/ }).first().waitFor());
  await measured("why", () => ask.getByRole("button", { name: /^Terminal/ }).first().click(), () => ask.getByText(/The role Shift 38 was given directly/).first().waitFor());
  assert.deepEqual(await looked(page, "an explanation among 100,000 devices"), []);
});

test("the pages reported no error and asked no other host", () => assert.deepEqual(context.complaints, []));
