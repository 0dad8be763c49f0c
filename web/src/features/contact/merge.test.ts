import { describe, expect, it } from "vitest";
import type { Contact } from "@/api/types";
import { likelyToStay, mergeable, merged } from "./merge";

const contact = (fields: Partial<Contact>) =>
  ({
  id: "1", customer_id: "c1", customer_name: "Northwind", name: "Pia Ende", job_title: "", department: "", emails: [], phones: [], language: "", vip: false, approver: false,
  notes: "", custom_fields: {}, source: "", source_id: "", opted_out: [], consent: "unknown", shield: { state: "none", level: null, method: null, at: null, expires_at: null, by: null },
  created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z", version: 1,
  ...fields,
  }) as unknown as Contact;

describe("merged", () => {
  it("keeps the word of the one that stays and learns what it does not know", () => {
    const stays = contact({ name: "Pia Ende", job_title: "Head of sales", custom_fields: { Floor: "3" } });
    const other = contact({ id: "2", name: "P. Ende", job_title: "Sales", department: "Sales", language: "fr", custom_fields: { Floor: "2", Badge: "117" } });
    const { after, changed } = merged(stays, [other]);
    expect(after).toMatchObject({ id: "1", name: "Pia Ende", job_title: "Head of sales", department: "Sales", language: "fr", custom_fields: { Floor: "3", Badge: "117" } });
    expect([...changed].toSorted()).toEqual(["custom_fields", "department", "language"]);
  });

  it("puts addresses together, each once, whatever its case", () => {
    const stays = contact({ emails: ["Pia@example.com"], phones: [{ number: "+12125550142", kind: "mobile" }] });
    const others = [
      contact({ id: "2", emails: ["pia@example.com", "sales@example.com"], phones: [{ number: "+12125550142", kind: "landline" }] }),
      contact({ id: "3", emails: ["sales@example.com"], phones: [{ number: "+12125550143", kind: "landline" }] }),
    ];
    const { after } = merged(stays, others);
    expect(after.emails).toEqual(["Pia@example.com", "sales@example.com"]);
    expect(after.phones).toEqual([{ number: "+12125550142", kind: "mobile" }, { number: "+12125550143", kind: "landline" }]);
    expect(stays.emails).toEqual(["Pia@example.com"]);
  });

  it("makes nobody an approver, but keeps a VIP one", () => {
    const { after } = merged(contact({}), [contact({ id: "2", approver: true, vip: true })]);
    expect(after).toMatchObject({ approver: false, vip: true });
  });

  it("puts notes under each other, the same ones once", () => {
    expect(merged(contact({ notes: "Prefers mail." }), [contact({ id: "2", notes: "Prefers mail." }), contact({ id: "3", notes: "Away on Fridays." })]).after.notes).toBe("Prefers mail.\n\nAway on Fridays.");
  });
});

describe("mergeable", () => {
  it("takes two or more of one customer", () => {
    expect(mergeable([contact({})])).toBe(false);
    expect(mergeable([contact({}), contact({ id: "2" })])).toBe(true);
    expect(mergeable([contact({}), contact({ id: "2", customer_id: "c2" })])).toBe(false);
  });
});

describe("likelyToStay", () => {
  it("is the best known, then the oldest", () => {
    const thin = contact({ id: "thin", created_at: "2025-01-01T00:00:00Z" });
    const rich = contact({ id: "rich", emails: ["pia@example.com"], created_at: "2026-01-01T00:00:00Z" });
    expect(likelyToStay([thin, rich])).toBe("rich");
    expect(likelyToStay([contact({ id: "new", created_at: "2026-05-01T00:00:00Z" }), thin])).toBe("thin");
  });
});
