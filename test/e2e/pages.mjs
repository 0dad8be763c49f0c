// Every page of the console, with an example of each thing that has a page of its own.

/** Lists name and path of all pages. Add a page here when the router gets one; journeys/pages.test.mjs compares. */
export async function consolePages(call) {
  const first = async (collection) => (await call.get(`/api/${collection}?limit=1`)).items[0].id;
  return [
    ["desk", "/"],
    ["verify", "/verify"],
    ["tickets", "/tickets"],
    ["ticket", `/tickets/${await first("tickets")}`],
    ["technicians", "/technicians"],
    ["technician", `/technicians/${await first("technicians")}`],
    ["customers", "/customers"],
    ["customer", `/customers/${await first("customers")}`],
    ["contacts", "/contacts"],
    ["contact", `/contacts/${await first("contacts")}`],
    ["sandbox", "/sandbox"],
    ["audit", "/audit"],
    ["settings", "/settings"],
    ["welcome", "/welcome"],
    ["help", "/help/technician"],
  ];
}

/** The pages before the sign-in. */
export const strangersPages = [
  ["sign-in", "/sign-in"],
  ["setup", "/setup"],
];

/** Opens a page and waits until it shows more than its skeleton. */
export async function open(page, base, path) {
  await page.goto(base + path);
  await page.getByRole("heading", { level: 1 }).first().waitFor();
  await page.waitForFunction(() => document.querySelector("[aria-busy=true]") === null);
}
