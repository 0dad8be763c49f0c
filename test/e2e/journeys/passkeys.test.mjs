// Passkeys, security keys, the authenticator app and recovery codes, with the virtual authenticator of Chromium.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, test } from "node:test";
import { axe, launch, listen, narrow, pictured, startServer, wide } from "../harness.mjs";

const password = "seven quiet herons at dusk";
const olga = "olga@example.com";
let server, base, browser, context, page, authenticator;

before(async () => {
  server = await startServer({ demo: false });
  base = server.base.replace("127.0.0.1", "localhost"); // passkeys belong to names
  browser = await launch();
  context = await browser.newContext({ viewport: wide, locale: "en-US", reducedMotion: "reduce", acceptDownloads: true });
  context.setDefaultTimeout(30_000);
  listen(context);
  page = await context.newPage();
  authenticator = await virtualAuthenticator(page);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

const step = (name, run) => test(name, () => pictured(name, [page], run));

/** A device that holds passkeys and checks its owner, until told otherwise. */
async function virtualAuthenticator(of) {
  // It would answer by itself what the browser only offers beside the email, so that is offered where a step asks for it.
  await of.addInitScript(() => {
    if (localStorage.getItem("offer") === null) {
      PublicKeyCredential.isConditionalMediationAvailable = () => Promise.resolve(false);
    }
  });
  const devtools = await of.context().newCDPSession(of);
  await devtools.send("WebAuthn.enable");
  const { authenticatorId } = await devtools.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  const send = (method, more) => devtools.send(`WebAuthn.${method}`, { authenticatorId, ...more });
  return {
    credentials: async () => (await send("getCredentials", {})).credentials,
    verified: (isUserVerified) => send("setUserVerified", { isUserVerified }),
    change: (credentialId, properties) => send("setCredentialProperties", { credentialId, ...properties }),
  };
}

/** What an authenticator app shows (RFC 6238). */
function totp(secret, at = Date.now()) {
  const bits = [...secret].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  const number = mac.readUInt32BE(mac[19] & 15) & 0x7fffffff;
  return String(number % 1_000_000).padStart(6, "0");
}

async function signOut(of = page) {
  await of.evaluate(() => fetch("/api/session", { method: "DELETE" }));
  await of.goto(`${base}/sign-in`);
  await of.getByRole("heading", { name: "Sign in" }).waitFor();
}

async function typePassword(of = page, email = olga, secret = password) {
  await of.getByLabel("Email").fill(email);
  await of.getByLabel(/^Password/).fill(secret);
  await of.getByRole("button", { name: "Sign in", exact: true }).click();
}

const pressPasskey = (name = "Sign in with a passkey") => page.getByRole("button", { name }).click();

const arrived = (of = page) => of.locator("#main").waitFor();
const own = `/settings/factors`;

step("the owner sets the installation up", async () => {
  await page.goto(base + new URL(server.link).pathname + new URL(server.link).hash);
  const answer = await page.evaluate(
    async ([token, email, secret]) => {
      const response = await fetch("/api/setup", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token, organization: "Harbor IT", name: "Olga Berg", email, password: secret }),
      });
      return response.status;
    },
    [new URLSearchParams(new URL(server.link).hash.slice(1)).get("token"), olga, password],
  );
  assert.equal(answer, 201);
});

let recovery = [];

step("adds a passkey, and gets recovery codes once", async () => {
  await page.goto(base + own);
  await page.getByRole("button", { name: "Add a passkey" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("Work laptop");
  assert.deepEqual(await axe(page), []);
  await dialog.getByRole("button", { name: "Continue in the browser" }).click();
  const codes = page.getByRole("dialog", { name: "Save your recovery codes" });
  await codes.waitFor();
  recovery = await codes.getByRole("listitem").allInnerTexts();
  assert.equal(new Set(recovery).size, 10);
  assert.deepEqual(await axe(page), []);
  const [download] = await Promise.all([page.waitForEvent("download"), codes.getByRole("button", { name: "Download" }).click()]);
  assert.match(await text(await download.createReadStream()), new RegExp(recovery.join("\\s+")));
  await page.emulateMedia({ media: "print" });
  const paper = await page.evaluate(() => document.body.innerText);
  await page.emulateMedia({ media: null });
  assert.match(paper, /Countersign recovery codes/);
  assert.deepEqual(paper.match(/[a-z0-9]{5}-[a-z0-9]{5}/g), recovery);
  assert.doesNotMatch(paper, /Settings|saved/, "nothing but the codes goes onto paper");
  await codes.getByRole("button", { name: "I have saved them" }).click();
  await codes.waitFor({ state: "detached" });
  await page.getByText("Work laptop").first().waitFor();
  assert.deepEqual(await axe(page), []);
  const [key] = await authenticator.credentials();
  assert.ok(key.isResidentCredential);
  assert.equal(key.rpId, "localhost");
});

async function text(stream) {
  const parts = [];
  for await (const part of stream) {
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

step("signs in with the passkey alone", async () => {
  await signOut();
  assert.deepEqual(await axe(page), []);
  await pressPasskey();
  await arrived();
});

step("signs in with the passkey that the browser offers at the email", async () => {
  await page.evaluate(async () => {
    localStorage.setItem("offer", "yes");
    await fetch("/api/session", { method: "DELETE" });
  });
  await page.goto(`${base}/sign-in`);
  await arrived();
  await page.evaluate(() => localStorage.removeItem("offer"));
});

step("is refused where the device did not check who holds it", async () => {
  await signOut();
  await authenticator.verified(false);
  await pressPasskey();
  await page.getByText("Nothing was confirmed").waitFor();
  assert.deepEqual(await axe(page), []);
  await authenticator.verified(true);
});

step("confirms a password with the passkey", async () => {
  await page.reload();
  await typePassword();
  await page.getByRole("heading", { name: "Second step" }).waitFor();
  assert.deepEqual(await axe(page), []);
  assert.equal(await page.evaluate(async () => (await fetch("/api/contacts")).status), 401, "half signed in is not signed in");
  await pressPasskey("Use a passkey or security key");
  await arrived();
});

let secret = "";
let first = "";

step("adds an authenticator app", async () => {
  await page.goto(base + own);
  await page.getByRole("button", { name: "Set up an app" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("img", { name: "QR code for the authenticator app" }).waitFor();
  secret = (await dialog.locator("code").innerText()).replaceAll(" ", "");
  assert.match(secret, /^[A-Z2-7]{32}$/);
  assert.deepEqual(await axe(page), []);
  const field = dialog.getByLabel("Code of 6 digits from your authenticator app");
  await field.fill("000000");
  await dialog.getByText("This code is not right").waitFor();
  first = totp(secret);
  await field.fill(first);
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Remove the app" }).waitFor();
});

step("the code of the set-up does not sign in, the next one does, once", async () => {
  await signOut();
  await typePassword();
  await page.getByRole("button", { name: "Use the authenticator app" }).click();
  const field = page.getByLabel("Code of 6 digits from your authenticator app");
  await field.fill(first);
  await page.getByText(/used already|not right/).waitFor();
  assert.deepEqual(await axe(page), []);
  const next = totp(secret, Date.now() + 30_000);
  await field.fill(next);
  await arrived();
  await signOut();
  await typePassword();
  await page.getByRole("button", { name: "Use the authenticator app" }).click();
  await field.fill(next);
  await page.getByText("This code was used already").waitFor();
});

step("a recovery code works once", async () => {
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByLabel("Recovery code").fill(recovery[0].toUpperCase());
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Continue" }).click();
  await arrived();
  await signOut();
  await typePassword();
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByLabel("Recovery code").fill(recovery[0]);
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("This code is not right").waitFor();
});

step("five wrong codes lead back to the start", async () => {
  await page.getByRole("button", { name: "Use the authenticator app" }).click();
  const field = page.getByLabel("Code of 6 digits from your authenticator app");
  for (let i = 0; i < 6 && (await page.getByRole("heading", { name: "Second step" }).isVisible()); i++) {
    const answered = page.waitForResponse((r) => r.url().endsWith("/api/session/factor"));
    await field.fill(`00000${i}`);
    await answered;
    await page.waitForTimeout(100);
  }
  await page.getByText("Too many wrong codes").waitFor();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
});

step("a passkey that became another one is refused, and set up again", async () => {
  const [key] = await authenticator.credentials();
  await authenticator.change(key.credentialId, { backupEligibility: true, backupState: true });
  await pressPasskey();
  await page.getByText("Set this passkey up again").waitFor();
  assert.deepEqual(await axe(page), []);
  await page.reload();
  await typePassword();
  await page.getByRole("button", { name: "Use a recovery code" }).click();
  await page.getByLabel("Recovery code").fill(recovery[1]);
  await page.getByRole("button", { name: "Continue" }).click();
  await arrived();
  await page.goto(base + own);
  await page.getByText("Refused: it is not the passkey that you set up").waitFor();
  assert.deepEqual(await axe(page), []);
  await page.getByRole("button", { name: "Set up again" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Continue in the browser" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.getByText("Refused: it is not").waitFor({ state: "detached" });
  await signOut();
  await pressPasskey();
  await arrived();
});

step("a colleague who has to is led through setting a factor up", async () => {
  await page.evaluate(async () => {
    const call = async (method, path, body) => {
      const response = await fetch(path, { method, headers: { "content-type": method === "PATCH" ? "application/merge-patch+json" : "application/json" }, body: JSON.stringify(body) });
      if (!response.ok) {
        throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
      }
    };
    await call("PATCH", "/api/settings/security", { mfa: { required: "all", grace_days: 0 } });
    await call("POST", "/api/technicians", { given_name: "Tom", family_name: "Reed", email: "tom@example.com", platform_role: "technician", password: "temporary lantern over the bay" });
  });
  const his = await browser.newContext({ viewport: narrow, locale: "en-US", reducedMotion: "reduce" });
  his.setDefaultTimeout(30_000);
  listen(his);
  const tom = await his.newPage();
  await pictured("tom", [tom], async () => {
    await virtualAuthenticator(tom);
    await tom.goto(`${base}/contacts`);
    await typePassword(tom, "tom@example.com", "temporary lantern over the bay");
    await tom.getByRole("heading", { name: "Choose a password" }).waitFor();
    await tom.getByLabel("Current password").fill("temporary lantern over the bay");
    await tom.getByLabel(/^New password( \*)?$/).fill(password);
    await tom.getByLabel("New password once more").fill(password);
    await tom.getByRole("button", { name: "Change the password" }).click();
    await tom.getByRole("heading", { name: "Protect your account" }).waitFor();
    assert.deepEqual(await axe(tom), []);
    await tom.goto(`${base}/contacts`); // there is no way around it
    await tom.getByRole("heading", { name: "Protect your account" }).waitFor();
    await tom.getByRole("button", { name: /A passkey/ }).click();
    await tom.getByRole("button", { name: "Continue in the browser" }).click();
    await tom.getByRole("heading", { name: "Save your recovery codes" }).waitFor();
    assert.deepEqual(await axe(tom), []);
    await tom.getByRole("button", { name: "I have saved them" }).click();
    await arrived(tom);
    await tom.goto(base + own);
    await tom.getByText("the last one cannot be removed").waitFor();
    await tom.getByRole("button", { name: "Remove Passkey" }).click();
    await tom.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
    await tom.getByRole("dialog").getByText("this is your last one").waitFor();
  });

  // He loses his phone: the owner resets his factors, his open page is over, and he begins again.
  await page.goto(`${base}/technicians`);
  await page.getByRole("link", { name: "Tom Reed" }).first().click();
  await page.getByRole("link", { name: "Security", exact: true }).click();
  const card = page.getByRole("region", { name: "Second factors" });
  await card.getByText("Required").waitFor();
  await card.getByRole("button", { name: "Reset" }).click();
  const question = page.getByRole("dialog");
  await question.getByLabel("Why").fill("lost the phone");
  assert.deepEqual(await axe(page), []);
  await question.getByRole("button", { name: "Reset" }).click();
  // It takes two people; she is alone, says why it cannot wait, and does it at once.
  await question.getByText("This takes a second person").waitFor();
  assert.deepEqual(await axe(page), []);
  await question.getByRole("button", { name: "Do it now, without a second person" }).click();
  await question.getByLabel("Why it cannot wait").fill("He is on the phone and was verified.");
  await question.getByRole("button", { name: "Do it now" }).click();
  await question.getByText("Everybody else who reads the audit log was told").waitFor();
  await question.getByRole("button", { name: "Close" }).last().click();
  await card.getByText("None set up").waitFor();
  await pictured("tom", [tom], async () => {
    await tom.goto(`${base}/contacts`);
    await tom.getByRole("heading", { name: "Sign in" }).waitFor();
    await typePassword(tom, "tom@example.com");
    await tom.getByRole("heading", { name: "Protect your account" }).waitFor();
  });
  assert.deepEqual(his.complaints, []);
  await his.close();
});

step("a browser without passkeys signs in as ever", async () => {
  const plain = await browser.newContext({ viewport: narrow, locale: "fr-FR", reducedMotion: "reduce" });
  plain.setDefaultTimeout(30_000);
  listen(plain);
  await plain.addInitScript(() => {
    delete window.PublicKeyCredential;
    Object.defineProperty(navigator, "credentials", { value: undefined });
  });
  const old = await plain.newPage();
  await pictured("old", [old], async () => {
    await old.goto(`${base}/sign-in`);
    await old.getByRole("heading", { name: "Se connecter" }).waitFor();
    assert.equal(await old.getByRole("button", { name: "clé d’accès" }).count(), 0);
    await old.getByLabel("E-mail").fill(olga);
    await old.getByLabel(/^Mot de passe/).fill(password);
    await old.getByRole("button", { name: "Se connecter", exact: true }).click();
    await old.getByRole("heading", { name: "Deuxième étape" }).waitFor();
    await old.getByRole("button", { name: "Utiliser un code de secours" }).click();
    await old.getByLabel("Code de secours").fill(recovery[2]);
    await old.getByRole("button", { name: "Continuer" }).click();
    await arrived(old);
    await old.goto(base + own); // which speaks her own language
    await old.getByText("This browser cannot use passkeys here.").waitFor();
    assert.deepEqual(await axe(old), []);
  });
  assert.deepEqual(plain.complaints, []);
  await plain.close();
});

test("the pages reported no error and asked no other host", () => assert.deepEqual(context.complaints, []));
