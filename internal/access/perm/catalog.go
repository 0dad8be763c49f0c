package perm

// The permissions of the purpose administration (ACC-5, D-4).
const (
	AdminTechnicians     Permission = "admin.technicians"
	AdminRoles           Permission = "admin.roles"
	AdminSkills          Permission = "admin.skills"
	AdminReviews         Permission = "admin.reviews"
	AdminSettings        Permission = "admin.settings"
	AdminBranding        Permission = "admin.branding"
	AdminBilling         Permission = "admin.billing"
	AdminIntegrations    Permission = "admin.integrations"
	AdminTemplates       Permission = "admin.templates"
	AdminAutomation      Permission = "admin.automation"
	AdminAudit           Permission = "admin.audit"
	AdminCustomers       Permission = "admin.customers"
	AdminPortals         Permission = "admin.portals"
	AdminDevices         Permission = "admin.devices"
	AdminPermanentAccess Permission = "admin.permanent_access"
	AdminImport          Permission = "admin.import"
	AdminOncall          Permission = "admin.oncall"
)

// The permissions of the purpose devices (ACC-3).
const (
	DeviceView                Permission = "device.view"
	DeviceScreenView          Permission = "device.screen.view"
	DeviceScreenControl       Permission = "device.screen.control"
	DeviceFiles               Permission = "device.files"
	DeviceTerminal            Permission = "device.terminal"
	DeviceWake                Permission = "device.wake"
	DeviceReboot              Permission = "device.reboot"
	DeviceLock                Permission = "device.lock"
	DeviceCalls               Permission = "device.calls"
	DeviceBlackscreen         Permission = "device.blackscreen"
	DeviceChat                Permission = "device.chat"
	DeviceClipboard           Permission = "device.clipboard"
	DevicePreview             Permission = "device.preview"
	DeviceHistory             Permission = "device.history"
	DeviceInventory           Permission = "device.inventory"
	DeviceNotificationsModify Permission = "device.notifications.modify"
	DeviceRecordingsDelete    Permission = "device.recordings.delete"
	DeviceModify              Permission = "device.modify"
	DeviceDelete              Permission = "device.delete"
)

// The permissions of the purpose invitations (ACC-4).
const (
	InvitationOwn              Permission = "invitation.own"
	InvitationAll              Permission = "invitation.all"
	InvitationScreenView       Permission = "invitation.screen.view"
	InvitationScreenControl    Permission = "invitation.screen.control"
	InvitationFiles            Permission = "invitation.files"
	InvitationTerminal         Permission = "invitation.terminal"
	InvitationCalls            Permission = "invitation.calls"
	InvitationChat             Permission = "invitation.chat"
	InvitationReboot           Permission = "invitation.reboot"
	InvitationInstallRequest   Permission = "invitation.install_request"
	InvitationClipboard        Permission = "invitation.clipboard"
	InvitationPreview          Permission = "invitation.preview"
	InvitationRecordingsDelete Permission = "invitation.recordings.delete"
)

// The permissions of the purpose customers (ACC-6, D-4).
const (
	CustomerView             Permission = "customer.view"
	CustomerEdit             Permission = "customer.edit"
	ContactView              Permission = "contact.view"
	ContactEdit              Permission = "contact.edit"
	TicketView               Permission = "ticket.view"
	TicketCreate             Permission = "ticket.create"
	TicketEdit               Permission = "ticket.edit"
	TicketAssign             Permission = "ticket.assign"
	AlertView                Permission = "alert.view"
	AlertAcknowledge         Permission = "alert.acknowledge"
	AlertClose               Permission = "alert.close"
	ApprovalDecide           Permission = "approval.decide"
	PortalUsersManage        Permission = "portal.users.manage"
	ReportView               Permission = "report.view"
	ReportCreate             Permission = "report.create"
	InvoiceView              Permission = "invoice.view"
	VerificationRun          Permission = "verification.run"
	SecretSend               Permission = "secret.send"
	MessageSend              Permission = "message.send"
	MessageResend            Permission = "message.resend"
	MessageBroadcast         Permission = "message.broadcast"
	ChatAnswer               Permission = "chat.answer"
	IdentityUsersCreate      Permission = "identity.users.create"
	IdentityPasswordsReset   Permission = "identity.passwords.reset"
	IdentityGroupsManage     Permission = "identity.groups.manage"
	IdentityLicensesAssign   Permission = "identity.licenses.assign"
	EndpointView             Permission = "endpoint.view"
	EndpointActions          Permission = "endpoint.actions"
	EndpointWipe             Permission = "endpoint.wipe"
	EndpointProfilesManage   Permission = "endpoint.profiles.manage"
	SecurityAlertsView       Permission = "security.alerts.view"
	SecurityIncidentsRespond Permission = "security.incidents.respond"
	SecurityPoliciesManage   Permission = "security.policies.manage"
	ExchangeMailboxesManage  Permission = "exchange.mailboxes.manage"
	ExchangeRulesConfigure   Permission = "exchange.rules.configure"
	ExchangeTracesRun        Permission = "exchange.traces.run"
	LicensingView            Permission = "licensing.view"
	LicensingPurchase        Permission = "licensing.purchase"
	LicensingCspManage       Permission = "licensing.csp.manage"
)

// catalog is every permission in the order in which it is shown: by purpose, by category.
var catalog = []Entry{
	{Name: AdminTechnicians, Purpose: Administration, Category: "People", Title: "Technicians and team settings", Description: "Add, invite, change, suspend and delete technicians and teams."},
	{Name: AdminRoles, Purpose: Administration, Category: "People", Title: "Roles and access", Description: "Make roles, and give access by grants and overrides."},
	{Name: AdminSkills, Purpose: Administration, Category: "People", Title: "Skills", Description: "Define skills and say who has them."},
	{Name: AdminReviews, Purpose: Administration, Category: "People", Title: "Access reviews", Description: "Start access reviews and read their reports."},
	{Name: AdminSettings, Purpose: Administration, Category: "Organization", Title: "Settings of the organization", Description: "Change the organization's settings and policies."},
	{Name: AdminBranding, Purpose: Administration, Category: "Organization", Title: "Branding", Description: "Change name, logo and color that people see."},
	{Name: AdminBilling, Purpose: Administration, Category: "Organization", Title: "Billing", Description: "See and change the subscription and its invoices."},
	{Name: AdminIntegrations, Purpose: Administration, Category: "Organization", Title: "Integrations", Description: "Connect ticket systems, tenants, carriers and other services."},
	{Name: AdminTemplates, Purpose: Administration, Category: "Organization", Title: "Templates", Description: "Change texts, quick tickets and documents."},
	{Name: AdminAutomation, Purpose: Administration, Category: "Organization", Title: "Automation", Description: "Make rules that act by themselves."},
	{Name: AdminAudit, Purpose: Administration, Category: "Organization", Title: "Audit log", Description: "Read and export the audit log.", View: true},
	{Name: AdminCustomers, Purpose: Administration, Category: "Customers and devices", Title: "Customers", Description: "Create and delete customers."},
	{Name: AdminPortals, Purpose: Administration, Category: "Customers and devices", Title: "Portals", Description: "Set up customer portals."},
	{Name: AdminDevices, Purpose: Administration, Category: "Customers and devices", Title: "Devices and groups", Description: "Add and move devices; add, move and delete device groups and enrolment keys."},
	{Name: AdminPermanentAccess, Purpose: Administration, Category: "Customers and devices", Title: "Devices list", Description: "See the list of devices before the first device is there."},
	{Name: AdminImport, Purpose: Administration, Category: "Customers and devices", Title: "Import", Description: "Bring in customers, contacts, technicians and devices from files."},
	{Name: AdminOncall, Purpose: Administration, Category: "Customers and devices", Title: "On-call", Description: "Change on-call groups, rules, alert sources and escalation."},
	{Name: DeviceView, Purpose: Devices, Category: "Which", Title: "See devices", Description: "See that a device is there, and its name, group and state.", View: true},
	{Name: DeviceScreenView, Purpose: Devices, Category: "Actions", Title: "Watch the screen", Description: "See the screen of a device."},
	{Name: DeviceScreenControl, Purpose: Devices, Category: "Actions", Title: "Control the screen", Description: "Use mouse and keyboard of a device."},
	{Name: DeviceFiles, Purpose: Devices, Category: "Actions", Title: "Files", Description: "Send, fetch, change and delete files on a device."},
	{Name: DeviceTerminal, Purpose: Devices, Category: "Actions", Title: "Terminal", Description: "Open a command line on a device."},
	{Name: DeviceWake, Purpose: Devices, Category: "Actions", Title: "Wake", Description: "Switch a sleeping device on over the network."},
	{Name: DeviceReboot, Purpose: Devices, Category: "Actions", Title: "Restart", Description: "Restart a device."},
	{Name: DeviceLock, Purpose: Devices, Category: "Actions", Title: "Lock", Description: "Lock and unlock a device."},
	{Name: DeviceCalls, Purpose: Devices, Category: "In a session", Title: "Calls", Description: "Speak with the person at the device."},
	{Name: DeviceBlackscreen, Purpose: Devices, Category: "In a session", Title: "Black screen", Description: "Blank the screen and block mouse and keyboard of the device."},
	{Name: DeviceChat, Purpose: Devices, Category: "In a session", Title: "Chat", Description: "Write with the person at the device."},
	{Name: DeviceClipboard, Purpose: Devices, Category: "In a session", Title: "Clipboard", Description: "Exchange the clipboard with a device."},
	{Name: DevicePreview, Purpose: Devices, Category: "More", Title: "Preview", Description: "See a small picture of the screen in the list.", View: true},
	{Name: DeviceHistory, Purpose: Devices, Category: "More", Title: "History", Description: "See who was connected to a device, and when.", View: true},
	{Name: DeviceInventory, Purpose: Devices, Category: "More", Title: "Inventory", Description: "See hardware and software of a device.", View: true},
	{Name: DeviceNotificationsModify, Purpose: Devices, Category: "More", Title: "Notifications", Description: "Choose what is told about a device."},
	{Name: DeviceRecordingsDelete, Purpose: Devices, Category: "More", Title: "Delete recordings", Description: "Delete recordings of sessions with a device."},
	{Name: DeviceModify, Purpose: Devices, Category: "More", Title: "Change devices", Description: "Rename a device, and change its group and settings."},
	{Name: DeviceDelete, Purpose: Devices, Category: "More", Title: "Delete devices", Description: "Remove a device with all that is known about it.", Sensitive: true},
	{Name: InvitationOwn, Purpose: Invitations, Category: "Which", Title: "Own invitations", Description: "See and use the invitations that one made oneself."},
	{Name: InvitationAll, Purpose: Invitations, Category: "Which", Title: "All invitations", Description: "See and use everybody's invitations."},
	{Name: InvitationScreenView, Purpose: Invitations, Category: "Actions", Title: "Watch the screen", Description: "See the screen of an invited person."},
	{Name: InvitationScreenControl, Purpose: Invitations, Category: "Actions", Title: "Control the screen", Description: "Use mouse and keyboard of an invited person."},
	{Name: InvitationFiles, Purpose: Invitations, Category: "Actions", Title: "Files", Description: "Send, fetch, change and delete files of an invited person."},
	{Name: InvitationTerminal, Purpose: Invitations, Category: "Actions", Title: "Terminal", Description: "Open a command line at an invited person's."},
	{Name: InvitationCalls, Purpose: Invitations, Category: "In a session", Title: "Calls", Description: "Speak with the invited person."},
	{Name: InvitationChat, Purpose: Invitations, Category: "In a session", Title: "Chat", Description: "Write with the invited person."},
	{Name: InvitationReboot, Purpose: Invitations, Category: "In a session", Title: "Restart", Description: "Restart the invited person's device."},
	{Name: InvitationInstallRequest, Purpose: Invitations, Category: "In a session", Title: "Ask to install", Description: "Ask the invited person to install the agent."},
	{Name: InvitationClipboard, Purpose: Invitations, Category: "In a session", Title: "Clipboard", Description: "Exchange the clipboard with the invited person."},
	{Name: InvitationPreview, Purpose: Invitations, Category: "More", Title: "Preview", Description: "See a small picture of the screen in the list."},
	{Name: InvitationRecordingsDelete, Purpose: Invitations, Category: "More", Title: "Delete recordings", Description: "Delete recordings of sessions with invited persons."},
	{Name: CustomerView, Purpose: Customers, Category: "Service desk", Title: "See customers", Description: "See customers and their notes.", View: true},
	{Name: CustomerEdit, Purpose: Customers, Category: "Service desk", Title: "Edit customers", Description: "Change customers and their policies."},
	{Name: ContactView, Purpose: Customers, Category: "Service desk", Title: "See contacts", Description: "See the people at a customer.", View: true},
	{Name: ContactEdit, Purpose: Customers, Category: "Service desk", Title: "Edit contacts", Description: "Create, change, merge and delete contacts."},
	{Name: TicketView, Purpose: Customers, Category: "Service desk", Title: "See tickets", Description: "See tickets and their notes.", View: true},
	{Name: TicketCreate, Purpose: Customers, Category: "Service desk", Title: "Open tickets", Description: "Open tickets."},
	{Name: TicketEdit, Purpose: Customers, Category: "Service desk", Title: "Edit tickets", Description: "Change and close tickets, and add notes."},
	{Name: TicketAssign, Purpose: Customers, Category: "Service desk", Title: "Assign tickets", Description: "Give tickets to technicians."},
	{Name: AlertView, Purpose: Customers, Category: "Service desk", Title: "See alerts", Description: "See alerts of a customer.", View: true},
	{Name: AlertAcknowledge, Purpose: Customers, Category: "Service desk", Title: "Acknowledge alerts", Description: "Say that one takes care of an alert."},
	{Name: AlertClose, Purpose: Customers, Category: "Service desk", Title: "Close alerts", Description: "Say that an alert is over."},
	{Name: ApprovalDecide, Purpose: Customers, Category: "Service desk", Title: "Decide approvals", Description: "Approve or refuse what colleagues ask for."},
	{Name: PortalUsersManage, Purpose: Customers, Category: "Service desk", Title: "Portal users", Description: "Manage who of a customer uses its portal."},
	{Name: ReportView, Purpose: Customers, Category: "Service desk", Title: "See reports", Description: "See reports about a customer.", View: true},
	{Name: ReportCreate, Purpose: Customers, Category: "Service desk", Title: "Make reports", Description: "Make reports and plan when they are sent."},
	{Name: InvoiceView, Purpose: Customers, Category: "Service desk", Title: "See invoices", Description: "See invoices of a customer.", View: true},
	{Name: VerificationRun, Purpose: Customers, Category: "Talking with people", Title: "Verify people", Description: "Verify contacts, and answer their verification requests."},
	{Name: SecretSend, Purpose: Customers, Category: "Talking with people", Title: "Send secrets", Description: "Send passwords and files that open once."},
	{Name: MessageSend, Purpose: Customers, Category: "Talking with people", Title: "Send messages", Description: "Send messages to contacts."},
	{Name: MessageResend, Purpose: Customers, Category: "Talking with people", Title: "Send again", Description: "Send messages again that could not be sent."},
	{Name: MessageBroadcast, Purpose: Customers, Category: "Talking with people", Title: "Broadcasts", Description: "Send one message to many contacts.", Sensitive: true},
	{Name: ChatAnswer, Purpose: Customers, Category: "Talking with people", Title: "Answer chats", Description: "Take and answer live chats."},
	{Name: IdentityUsersCreate, Purpose: Customers, Category: "Identity", Title: "Create users", Description: "Create users in a customer's tenant.", Sensitive: true},
	{Name: IdentityPasswordsReset, Purpose: Customers, Category: "Identity", Title: "Reset passwords", Description: "Reset passwords in a customer's tenant.", Sensitive: true},
	{Name: IdentityGroupsManage, Purpose: Customers, Category: "Identity", Title: "Groups", Description: "Change groups and their members in a customer's tenant."},
	{Name: IdentityLicensesAssign, Purpose: Customers, Category: "Identity", Title: "Assign licenses", Description: "Give licenses to users of a customer's tenant."},
	{Name: EndpointView, Purpose: Customers, Category: "Endpoints", Title: "See endpoints", Description: "See the managed endpoints of a customer's tenant.", View: true},
	{Name: EndpointActions, Purpose: Customers, Category: "Endpoints", Title: "Endpoint actions", Description: "Synchronize, restart and locate endpoints."},
	{Name: EndpointWipe, Purpose: Customers, Category: "Endpoints", Title: "Wipe endpoints", Description: "Erase everything on an endpoint.", Sensitive: true},
	{Name: EndpointProfilesManage, Purpose: Customers, Category: "Endpoints", Title: "Endpoint profiles", Description: "Change configuration profiles of endpoints."},
	{Name: SecurityAlertsView, Purpose: Customers, Category: "Security", Title: "See security alerts", Description: "See security alerts of a customer's tenant.", View: true},
	{Name: SecurityIncidentsRespond, Purpose: Customers, Category: "Security", Title: "Respond to incidents", Description: "Act on security incidents."},
	{Name: SecurityPoliciesManage, Purpose: Customers, Category: "Security", Title: "Security policies", Description: "Change security policies of a customer's tenant.", Sensitive: true},
	{Name: ExchangeMailboxesManage, Purpose: Customers, Category: "Exchange", Title: "Mailboxes", Description: "Change mailboxes and who may use them."},
	{Name: ExchangeRulesConfigure, Purpose: Customers, Category: "Exchange", Title: "Mail flow rules", Description: "Change rules for the flow of mail."},
	{Name: ExchangeTracesRun, Purpose: Customers, Category: "Exchange", Title: "Message traces", Description: "Search where a message went."},
	{Name: LicensingView, Purpose: Customers, Category: "Licensing", Title: "See licenses", Description: "See the licenses of a customer.", View: true},
	{Name: LicensingPurchase, Purpose: Customers, Category: "Licensing", Title: "Buy licenses", Description: "Buy licenses for a customer.", Sensitive: true},
	{Name: LicensingCspManage, Purpose: Customers, Category: "Licensing", Title: "Partner relationship", Description: "Manage the partner relationship with a customer's tenant."},
}
