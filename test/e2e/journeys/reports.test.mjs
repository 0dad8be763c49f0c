// The report of verifications: filters in the URL, a chart that is a table too, and receipts that leave the console.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { api, axe, launch, narrow, pictured, signIn, startServer } from "../harness.mjs";
import { open } from "../pages.mjs";

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

step("the report shows what the API counts, and axe finds nothing", async () => {
  const report = await call.get("/api/reports/verification");
  assert.ok(report.tickets.total > 0, "the demo has tickets");
  await open(page, server.base, "/reports");
  await page.getByRole("heading", { level: 1, name: "Reports" }).waitFor();
  await page.getByText(`of ${report.tickets.total} tickets opened`).waitFor();
  assert.deepEqual(await axe(page), []);
});

step("the chart is a table too", async () => {
  await page.getByRole("button", { name: "Show as a table" }).click();
  await page.getByRole("columnheader", { name: "Technician denied" }).waitFor();
  assert.equal(await page.getByRole("group", { name: "Over time" }).locator("tbody tr").count(), 30);
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Show as a chart" }).click();
  await page.getByRole("img", { name: /Outcomes per day/ }).waitFor();
});

step("filters are in the URL and survive a reload", async () => {
  await page.getByText("90 days", { exact: true }).click();
  await page.waitForURL(/days=[^&]*90/);
  const first = page.getByRole("group", { name: "By customer" }).locator("tbody button").first();
  const name = await first.innerText();
  await first.click();
  await page.waitForURL(/customer_id=/);
  await page.reload();
  await page.waitForURL(/days=[^&]*90.*customer_id=|customer_id=.*days=[^&]*90/);
  const rows = page.getByRole("group", { name: "By customer" }).locator("tbody tr");
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  assert.ok((await rows.first().innerText()).includes(name));
});

step("a period without anything says so", async () => {
  await open(page, server.base, "/reports?from=2020-01-01&to=2020-01-31");
  await page.getByText("Nothing happened in this period.").waitFor();
  assert.deepEqual(await axe(page), []);
});

step("on a phone nothing is wider than the window", async () => {
  await page.setViewportSize(narrow);
  await open(page, server.base, "/reports");
  await page.getByRole("img", { name: /Outcomes per day/ }).waitFor();
  assert.ok((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0);
  assert.deepEqual(await axe(page), []);
});

step("a receipt of the history is a signed file", async () => {
  const ended = (await call.get("/api/verifications?state=verified&limit=1")).items[0];
  assert.ok(ended, "the demo has a verification that succeeded");
  await open(page, server.base, `/contacts/${ended.contact_id}`);
  const link = page.getByRole("link", { name: /Signed receipt/ }).first();
  await link.waitFor();
  const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
  assert.equal(download.suggestedFilename(), "receipt.json");
  await page.getByRole("button", { name: /Print the receipt/ }).first().click();
  const drawer = page.getByRole("dialog", { name: "Receipt of a verification" });
  await drawer.getByText("SHA-256").waitFor();
  assert.match(await drawer.locator("code").innerText(), /^[0-9a-f]{64}$/);
  await page.waitForTimeout(300); // the drawer has come to rest
  assert.deepEqual(await axe(page), []);
  await page.emulateMedia({ media: "print" });
  assert.ok(!(await page.locator("#root").isVisible()), "the page behind is not printed");
  assert.ok(await drawer.getByText("SHA-256").isVisible());
  if (process.env.COUNTERSIGN_SHOTS) {
    await page.screenshot({ path: `${process.env.COUNTERSIGN_SHOTS}/receipt-paper.png` });
  }
  assert.ok(!(await drawer.getByRole("button", { name: "Print" }).isVisible()), "no buttons on paper");
  await page.emulateMedia({ media: null });
});
