// Names for the shapes of the API. They are taken from the routes, so that they cannot drift from what the server sends.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Technician = Schemas["Technician"];
export type Customer = Schemas["Customer"];
export type Contact = Schemas["Contact"];
export type Phone = Schemas["Phone"];
export type Ticket = Schemas["Ticket"];
export type Note = Schemas["Note"];
export type Shield = Schemas["Shield"];
export type Verification = Schemas["Verification"];
export type TechnicianVerification = Schemas["TechnicianVerification"];
export type Panel = Schemas["Panel"];
export type Method = Schemas["Method"];
export type Me = Schemas["Me"];
export type Session = Schemas["Session"];
export type Token = Schemas["Token"];
export type SignedIn = Schemas["SignedIn"];
export type SandboxMessage = Schemas["SandboxMessage"];
export type VerificationSettings = Schemas["VerificationSettings"];
export type OrganizationSettings = Schemas["OrganizationSettings"];
export type MailSettings = Schemas["MailSettings"];
export type AuditEvent = Schemas["AuditEvent"];
export type Delivery = Schemas["Delivery"];

/** One page of a list; `next_cursor` is absent on the last one. */
export interface Page<T> {
  items: T[];
  next_cursor?: string;
}
