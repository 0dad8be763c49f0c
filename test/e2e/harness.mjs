// Starts the real program with the demo organization and a Chromium to look at it.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { AxeBuilder } from "@axe-core/playwright";
import { chromium } from "playwright-core";

const root = fileURLToPath(new URL("../..", import.meta.url));
const binary = process.env.COUNTERSIGN_BINARY ?? join(root, "bin", "countersign");

/** Whether to run at the stated scale instead of the reduced one. */
export const full = process.env.COUNTERSIGN_SCALE === "full";

/** The address that inbound messages of the sandbox go to. */
export const verificationNumber = "+12125550100";

function chromiumPath() {
  if (process.env.COUNTERSIGN_CHROMIUM) {
    return process.env.COUNTERSIGN_CHROMIUM;
  }
  for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
    try {
      return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
    } catch {
      // the next name
    }
  }
  throw new Error("no Chromium found; scripts/need test says how to get one");
}

/** Starts `countersign serve` on a free port and an empty folder, with the demo organization unless told otherwise. */
export async function startServer({ demo = true } = {}) {
  const data = mkdtempSync(join(tmpdir(), "countersign-e2e-"));
  const child = spawn(binary, ["serve", ...(demo ? ["--demo"] : []), "--data", data, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const ready = new Promise((resolve, reject) => {
    let base;
    let link;
    const read = (line) => {
      said.push(line);
      base ??= /listening on (http:\/\/\S+)/.exec(line)?.[1]?.replace("127.0.0.1", "localhost"); // as in links: passkeys belong to names
      link ??= /(http:\/\/\S+\/(?:sign-in|setup)#token=\S+)/.exec(line)?.[1];
      if (base && link) {
        resolve({ base, link });
      }
    };
    createInterface({ input: child.stdout }).on("line", read);
    createInterface({ input: child.stderr }).on("line", read);
    exited.then((code) => reject(new Error(`the server ended with ${code}:\n${said.join("\n")}`)));
    setTimeout(() => reject(new Error(`no address and link within 30 s:\n${said.join("\n")}`)), 30_000).unref();
  });
  const stop = async () => {
    child.kill("SIGTERM");
    await exited;
    rmSync(data, { recursive: true, force: true });
  };
  try {
    const { base, link } = await ready;
    // The link names the host that the program was told to listen on; only its path and token matter here.
    const { pathname, hash } = new URL(link);
    return { base, link: base + pathname + hash, data, stop, said };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts Chromium, without anything that would look for a network. */
export function launch({ args = [] } = {}) {
  return chromium.launch({
    executablePath: chromiumPath(),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      ...args,
    ],
  });
}

export const wide = { width: 1280, height: 800 };
export const narrow = { width: 390, height: 844 };

/** Signs in by the one-time link and returns the context; what the pages report as errors is collected in context.complaints. */
export async function signIn(browser, server, options = {}) {
  const context = await browser.newContext({ viewport: wide, locale: "en-US", timezoneId: "America/New_York", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(30_000);
  listen(context);
  const page = await context.newPage();
  await page.goto(server.link);
  await page.locator("#main").waitFor(); // the frame of the console: the session is there
  return { context, page };
}

/** Collects errors of scripts, refused resources and requests to other hosts. */
export function listen(context) {
  context.complaints = [];
  context.on("weberror", (e) => context.complaints.push(`script: ${e.error().message}`));
  context.on("console", (m) => {
    if (m.type() === "error" && !/status of (401|403|404|409|410|422)/.test(m.text())) {
      context.complaints.push(`console: ${m.text()}`);
    }
  });
  context.on("request", (r) => {
    const { protocol, hostname } = new URL(r.url());
    if (protocol.startsWith("http") && hostname !== "127.0.0.1" && hostname !== "localhost") {
      context.complaints.push(`request to another host: ${r.url()}`);
    }
  });
}

/** Calls the API with the cookie of a context. */
export function api(context, base) {
  const call = async (method, path, data) => {
    const response = await context.request.fetch(base + path, { method, data, headers: { "content-type": "application/json", origin: base } });
    const text = await response.text();
    if (!response.ok()) {
      throw new Error(`${method} ${path}: ${response.status()} ${text}`);
    }
    return text === "" ? undefined : JSON.parse(text);
  };
  return {
    get: (path) => call("GET", path),
    post: (path, data) => call("POST", path, data),
    patch: (path, data) => call("PATCH", path, data),
    put: (path, data) => call("PUT", path, data),
    /** Says something as a contact with the sandbox phone. */
    text: (from, body) => call("POST", "/api/sandbox/inbound", { kind: "sms", from, to: verificationNumber, body }),
    /** Waits for the newest sandbox message to an address whose body matches. */
    message: (to, pattern) =>
      eventually(`a message to ${to} with ${pattern}`, async () => {
        const { items } = await call("GET", `/api/sandbox/messages?to=${encodeURIComponent(to)}`);
        return items.find((m) => pattern.test(m.body));
      }),
  };
}

/** Runs a step and, if it fails, keeps a picture of each page in out/, to see why. */
export async function pictured(name, pages, step) {
  try {
    return await step();
  } catch (error) {
    for (const [i, page] of pages.entries()) {
      await page.screenshot({ path: join(root, "test", "e2e", "out", `failed-${name.replace(/\W+/g, "-")}-${i}.png`) }).catch(() => {});
    }
    throw error;
  }
}

/** Asks again until there is an answer, for at most half a minute: the machine may be busy. */
export async function eventually(what, ask) {
  for (const end = Date.now() + 30_000; ; ) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    if (Date.now() > end) {
      throw new Error(`after 30 s still not: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Asks again, a second later, where somebody asks too fast. */
export async function patiently(ask) {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!/429/.test(String(error))) {
        throw error;
      }
      await new Promise((again) => setTimeout(again, 1000));
    }
  }
}

/** What axe and the eye find on the page that stands there, in both themes and both widths. Loading a page costs more than looking at it twice. */
export async function looked(page, name) {
  const found = [];
  for (const [size, viewport] of Object.entries({ wide, narrow })) {
    await page.setViewportSize(viewport);
    for (const theme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme: theme });
      await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
      if (full || (size === "wide" && theme === "light")) {
        found.push(...(await axe(page)).map((line) => `${name}, ${theme}, ${size}: ${line}`));
      } else if (size === "wide") { // another theme changes colours alone, and what axe finds seldom hangs on the width
        found.push(...(await axeColors(page)).map((line) => `${name}, ${theme}: ${line}`));
      }
    }
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (overflow > 0) {
      found.push(`${name}: the page is ${overflow} px wider than a window of ${viewport.width} px`);
    }
  }
  await page.setViewportSize(wide);
  await page.emulateMedia({ colorScheme: "light" });
  return found;
}

/** Returns what axe finds against WCAG 2.2 AA and its advice, one line a finding. */
export function axe(page, without = []) {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
  return findings(page, (builder) => builder.disableRules(without).withTags(tags));
}

/** What axe has against the colours of a page: all that another theme changes. */
export function axeColors(page) {
  return findings(page, (builder) => builder.withRules(["color-contrast", "link-in-text-block"]));
}

async function findings(page, ask) {
  const framed = page.frames().length > 1; // then axe runs in each frame, and a second page brings together what they find
  const there = !framed && (await page.evaluate(() => "axe" in window)); // to load axe again takes longer than to ask it
  const builder = new AxeBuilder({ page, axeSource: there ? "0" : undefined }).options({ resultTypes: ["violations"] }).setLegacyMode(!framed);
  const { violations } = await ask(builder).analyze();
  return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${v.help}: ${n.target.join(" ")} ${n.failureSummary?.split("\n")[1]?.trim() ?? ""}`));
}
