// Names for the shapes of the API. They are taken from the routes, so that they cannot drift from what the server sends.
import type { components, paths } from "./schema";

type Schemas = components["schemas"];

export type Technician = Schemas["TechnicianBody"];
export type TechnicianPhone = Schemas["TechnicianPhone"];
export type Team = Schemas["TeamBody"];
export type TeamPerson = Schemas["TeamPersonBody"];
export type Customer = Schemas["CustomerBody"];
export type Contact = Schemas["ContactBody"];
export type DeletedContact = Schemas["ErasureDeletedBody"];
export type Phone = Schemas["ContactPhoneBody"];
export type Note = Schemas["TicketNoteBody"];
export type Verification = Schemas["VerifyBody"];
export type Method = Schemas["PanelMethodBody"];
export type VerificationPolicy = Schemas["VerifypolicyBody"];
export type Session = Schemas["SigninSessionItem"];
export type Token = Schemas["ApitokenBody"];
export type SignedIn = Schemas["SigninSignedInBody"];
export type SandboxMessage = Schemas["SandboxMessage"];
export type VerificationSettings = Schemas["VerifySettingsBody"];
export type SecuritySettings = Schemas["SigninpolicySecurityBody"];
export type OrganizationSettings = Schemas["OrganizationBody"];
export type MailSettings = Schemas["MailBody"];
export type AuditEvent = Schemas["AuditlogEventBody"];
export type Delivery = Schemas["OutboxDeliveryBody"];

export type InvitationLink = Schemas["InvitationLookBody"];
export type Notification = Schemas["NotificationItem"];
export type Task = Schemas["TaskBody"];
export type TaskResult = Schemas["TaskResultBody"];
export type Import = Schemas["CsvimportImportBody"];
export type ImportRow = Schemas["CsvimportRowBody"];
export type Pod = Schemas["PodBody"];
export type Device = Schemas["DeviceBody"];
export type DeviceGroup = Schemas["DeviceGroupBody"];

export type Permission = Schemas["RolePermissionBody"];
export type Purpose = Permission["purpose"];
export type Role = Schemas["RoleBody"];
export type Grant = Schemas["GrantBody"];
export type Override = Schemas["GrantOverrideBody"];
export type Scope = Schemas["GrantScopeInput"];
export type AccessPath = Schemas["ExplainPathBody"];
export type Explanation = Schemas["ExplainExplanationBody"];

/** What a right is given on; the wholes have no id, and a name only where one may see it. */
export interface Place {
  type: string;
  id?: string;
  name?: string;
}

export type Report = Nullable<Schemas["ComplianceReportBody"], "median_seconds">;
export type ReportRow = Schemas["ComplianceRowBody"];
export type ReportDay = Schemas["ComplianceDayBody"];

// The document does not say of an object inside another that it may be null; these do.
type Nullable<T, K extends keyof T> = Omit<T, K> & { [P in K]: T[P] | null };

export type Me = Nullable<Schemas["SigninMe"], "session">;
export type Invitation = Nullable<Schemas["InvitationBody"], "sent_by">;
export type NotificationPreferences = Nullable<Schemas["NotificationPreferencesBody"], "quiet_hours">;
export type Ticket = Nullable<Schemas["TicketBody"], "created_by" | "assigned_to">;
export type TicketTemplate = Schemas["TicketTemplateBody"];
export type Happening = Omit<Schemas["TicketHappeningBody"], "note"> & { note: Note | null };
export type TechnicianVerification = Nullable<Schemas["RequestBody"], "claimed_by">;
export type Shield = Omit<Schemas["PanelShieldBody"], "by"> & { by: string | { name: string } | null };
export type Panel = Omit<Schemas["PanelBody"], "pending" | "technician_verification" | "banner"> & {
  banner: Schemas["VerifypolicyBanner"] | null;
  pending: Verification | null;
  technician_verification: TechnicianVerification | null;
};

export type AccessReview = Nullable<Schemas["AccessreviewBody"], "created_by" | "ended_by">;
export type ReviewItem = Nullable<Schemas["AccessreviewItemBody"], "granted_by" | "answered_by">;
export type Approval = Nullable<Schemas["ApprovalBody"], "customer" | "decided_by">;

/** A token just made, with the secret that is shown only now. */
export type NewToken = Token & { token: string };

type Lists = { [P in keyof paths]: paths[P] extends { get: { parameters: { query?: object } } } ? P : never }[keyof paths];

/** What the list at a path can be asked for. */
export type Query<P extends Lists> = NonNullable<paths[P]["get"]["parameters"]["query"]>;

/** One page of a list; `next_cursor` is absent on the last one. */
export interface Page<T> {
  items: T[];
  next_cursor?: string;
}
