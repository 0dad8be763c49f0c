// The pages that contacts see, each with a link that is still good.
import { startProvider } from "./provider.mjs";

/**
 * Has somebody be asked on each kind of page, and returns the pages by name: `path` on the server, `plain` if it works without script,
 * `over` if there is nothing left to answer. `stop` ends what was started for them.
 */
export async function publicPages(call) {
  const provider = await startProvider({ subject: "subject-public", email: "public@northwind.example.com" });
  const customer = (await call.get("/api/customers?limit=1")).items[0].id;
  await call.put(`/api/customers/${customer}/identity-provider`, { issuer: provider.issuer, client_id: provider.client, client_secret: provider.secret, scopes: ["email"] });
  let people = 0;

  /** A new contact with a number and an address of their own. */
  async function somebody() {
    const n = people++;
    const contact = { mobile: `+1332555017${n}`, email: `public${n}@northwind.example.com` };
    const { id } = await call.post("/api/contacts", { customer_id: customer, name: `Public ${n}`, phones: [{ number: contact.mobile, kind: "mobile" }], emails: [contact.email] });
    return { ...contact, id };
  }

  async function linkIn(address, pattern) {
    const { body } = await call.message(address, pattern);
    return new URL(pattern.exec(body)[0]).pathname;
  }

  async function verification(method) {
    const { id, mobile, email } = await somebody();
    await call.post("/api/verifications", { contact_id: id, method });
    return linkIn(method === "sms_link" ? mobile : email, /http\S+\/v\/\S+/);
  }

  async function consent() {
    const { id, email } = await somebody();
    await call.post(`/api/contacts/${id}/opt-in-forms`, { way: "email" });
    return linkIn(email, /http\S+\/v\/optin\/\S+/);
  }

  async function invitation() {
    const { id, mobile, email } = await somebody();
    const second = "+13325550189";
    await call.patch(`/api/contacts/${id}`, { phones: [{ number: mobile, kind: "mobile" }, { number: second, kind: "mobile" }], emails: [email] });
    const started = await call.post("/api/verifications", { contact_id: id, method: "sms_code", address: mobile });
    const { body } = await call.message(mobile, /\b\d{6}\b/);
    await call.post(`/api/verifications/${started.id}/check`, { code: /\b\d{6}\b/.exec(body)[0] });
    await call.post(`/api/contacts/${id}/passkey-enrolments`, { address: email });
    return linkIn(email, /http\S+\/v\/passkey\/\S+/);
  }

  const pages = {
    "a link": { path: await verification("sms_link"), plain: true },
    "a sign-in at the company": { path: await verification("idp_step_up"), plain: true },
    "a form for consent": { path: await consent(), plain: true },
    "an invitation to a passkey": { path: await invitation(), plain: false },
    "a link that is over": { path: "/v/AAAAAAAAAAAAAAAAAAAAAA", plain: true, over: true },
  };
  return { pages, stop: provider.stop };
}
