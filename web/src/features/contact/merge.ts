import type { Contact } from "@/api/types";

/** What a contact becomes, and where each field differs from what it was. */
export interface Merged {
  after: Contact;
  changed: ReadonlySet<keyof Contact>;
}

/**
 * Shows beforehand what the server makes of a merge: the word of the contact that stays counts first, the others fill what it does not know,
 * addresses are put together, and nobody becomes an approver by being merged.
 */
export function merged(stays: Contact, others: readonly Contact[]): Merged {
  const after: Contact = { ...stays, emails: [...stays.emails], phones: [...stays.phones], custom_fields: { ...stays.custom_fields } };
  for (const other of others) {
    after.job_title ||= other.job_title;
    after.department ||= other.department;
    after.language ||= other.language;
    after.vip ||= other.vip;
    after.notes = joined(after.notes, other.notes);
    after.custom_fields = { ...other.custom_fields, ...after.custom_fields };
    if (!after.source) {
      after.source = other.source;
      after.source_id = other.source_id;
    }
    after.phones.push(...other.phones.filter((phone) => !after.phones.some((mine) => mine.number === phone.number)));
    after.emails.push(...other.emails.filter((email) => !after.emails.some((mine) => mine.toLowerCase() === email.toLowerCase())));
  }
  const keys = Object.keys(after) as (keyof Contact)[];
  return { after, changed: new Set(keys.filter((key) => JSON.stringify(after[key]) !== JSON.stringify(stays[key]))) };
}

function joined(mine: string, theirs: string): string {
  return mine === "" ? theirs : theirs === "" || theirs === mine ? mine : `${mine}\n\n${theirs}`;
}

/** Whether these can be merged at all: at least two, all of one customer. */
export function mergeable(contacts: readonly Pick<Contact, "customer_id">[]): boolean {
  return contacts.length > 1 && contacts.every((c) => c.customer_id === contacts[0]?.customer_id);
}

/** Which one is most likely to stay: who is known best, then who was there first. */
export function likelyToStay(contacts: readonly Contact[]): string | undefined {
  return contacts.toSorted((a, b) => known(b) - known(a) || a.created_at.localeCompare(b.created_at))[0]?.id;
}

function known(c: Contact): number {
  return [c.source, c.job_title, c.department].filter(Boolean).length + c.emails.length + c.phones.length + Object.keys(c.custom_fields).length;
}
