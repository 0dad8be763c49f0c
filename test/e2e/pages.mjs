// Every page of the console, with an example of each thing that has a page of its own.
import { readFileSync } from "node:fs";

/** Lists name and path of all pages. Add a page here when the router gets one; journeys/pages.test.mjs compares. */
export async function consolePages(call) {
  const first = async (collection) => (await call.get(`/api/${collection}?limit=1`)).items[0].id;
  return [
    ["desk", "/"],
    ["verify", "/verify"],
    ["tickets", "/tickets"],
    ["ticket", `/tickets/${await first("tickets")}`],
    ["ticket-templates", "/tickets/templates"],
    ["messages", "/messages"],
    ["technicians", "/technicians"],
    ["technician", `/technicians/${await first("technicians")}`],
    ["teams", "/teams"],
    ["team", `/teams/${await first("teams")}`],
    ["customers", "/customers"],
    ["customer", `/customers/${await first("customers")}`],
    ["contacts", "/contacts"],
    ["contact", `/contacts/${await first("contacts")}`],
    ["duplicates", "/contacts/duplicates"],
    ["deleted-contacts", "/contacts/deleted"],
    ["devices", "/devices"],
    ["device", `/devices/${await first("devices")}`],
    ["roles", "/roles"],
    ["role", `/roles/${await first("roles")}`],
    ["unused", "/roles/unused"],
    ["access-graph", "/access-graph"],
    ["access-graph-device", `/access-graph?focus_type=device&focus_id=${await first("devices")}`],
    ["decisions", "/decisions"],
    ["own-access", "/my-access"],
    ["approvals", "/approvals"],
    ["reviews", "/reviews"],
    ["review", `/reviews/${await first("access-reviews")}`],
    ["imports", "/import"],
    ["import", "/import/contacts"],
    ["tasks", "/tasks"],
    ["sandbox", "/sandbox"],
    ["documents", "/documents"],
    ["reports", "/reports"],
    ["audit", "/audit"],
    ["settings", "/settings"],
    ...settings.map((key) => [`settings-${key}`, `/settings/${key}`]),
    ["welcome", "/welcome"],
    ["help", "/help/technician"],
  ];
}

/** What opens over a page: each with the page it is shown on and how it is opened. */
export const states = [
  [
    "palette",
    "/",
    async (page) => {
      await page.keyboard.press("Control+k");
      await page.getByPlaceholder(/Pia/).fill("har");
      await page.locator("[data-action]").first().waitFor();
    },
  ],
  [
    "selected",
    "/technicians",
    async (page) => {
      await page.locator("tbody input[type=checkbox]").nth(1).click();
      await page.locator("tbody input[type=checkbox]").nth(3).click({ modifiers: ["Shift"] });
    },
  ],
  [
    "form",
    "/contacts?new=1",
    async (page) => {
      await page.getByRole("dialog").waitFor();
      await page.keyboard.press("Control+Enter"); // nothing is filled in: the errors are shown
      await page.getByRole("alert").first().waitFor();
    },
  ],
  ["nothing", "/contacts?q=zzzzzzzz", async () => {}],
  ["forbidden-or-missing", "/contacts/00000000-0000-0000-0000-000000000000", async () => {}],
];

// Every page of settings has an address of its own.
const settings = [...readFileSync(new URL("../../web/src/features/settings/tabs.ts", import.meta.url), "utf8").matchAll(/key: "([a-z-]+)"/g)].map((m) => m[1]);

/** The pages before the sign-in. */
export const strangersPages = [
  ["sign-in", "/sign-in"],
  ["setup", "/setup"],
  ["join", "/join"],
  ["forgot", "/forgot"],
  ["reset", "/reset"],
];

/** Opens a page and waits until it shows more than its skeleton. */
export async function open(page, base, path) {
  await page.goto(base + path);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
}
