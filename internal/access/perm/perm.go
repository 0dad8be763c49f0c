// Package perm is the one catalogue of everything that a person may be allowed to do.
package perm

import "slices"

// Permission is the stored name, "area.action"; renaming one needs a migration.
type Permission string

// What a route may need instead of a permission.
const (
	Public   Permission = ""          // no sign-in
	SignedIn Permission = "signed_in" // any technician who may act, for what is their own
)

// The permissions whose feature exists.
const (
	AdminAudit       Permission = "admin.audit"
	AdminBranding    Permission = "admin.branding"
	AdminCustomers   Permission = "admin.customers"
	AdminDevices     Permission = "admin.devices"
	AdminImport      Permission = "admin.import"
	AdminSettings    Permission = "admin.settings"
	AdminTechnicians Permission = "admin.technicians"
	AdminTemplates   Permission = "admin.templates"

	DeviceView Permission = "device.view"

	CustomerView    Permission = "customer.view"
	CustomerEdit    Permission = "customer.edit"
	ContactView     Permission = "contact.view"
	ContactEdit     Permission = "contact.edit"
	TicketView      Permission = "ticket.view"
	TicketCreate    Permission = "ticket.create"
	TicketEdit      Permission = "ticket.edit"
	TicketAssign    Permission = "ticket.assign"
	VerificationRun Permission = "verification.run"
	MessageResend   Permission = "message.resend"
)

// Purpose says on what kind of thing a permission is granted.
type Purpose string

// The purposes that exist so far.
const (
	Administration Purpose = "administration"
	Devices        Purpose = "devices"
	Customers      Purpose = "customers"
)

// Entry describes one permission to the people who grant it.
type Entry struct {
	Name    Permission
	Purpose Purpose
	Title   string
	View    bool // part of what a read-only role may hold
}

// Catalog lists every permission in the order in which it is shown.
func Catalog() []Entry {
	return []Entry{
		{AdminAudit, Administration, "Read and export the audit log", false},
		{AdminBranding, Administration, "Change name, logo and color that people see", false},
		{AdminCustomers, Administration, "Create and delete customers", false},
		{AdminDevices, Administration, "Manage devices and device groups", false},
		{AdminImport, Administration, "Import from files", false},
		{AdminSettings, Administration, "Change the organization's settings", false},
		{AdminTechnicians, Administration, "Manage technicians", false},
		{AdminTemplates, Administration, "Manage templates, such as quick tickets", false},
		{DeviceView, Devices, "See devices", true},
		{CustomerView, Customers, "See customers", true},
		{CustomerEdit, Customers, "Edit customers", false},
		{ContactView, Customers, "See contacts", true},
		{ContactEdit, Customers, "Create, edit and delete contacts", false},
		{TicketView, Customers, "See tickets", true},
		{TicketCreate, Customers, "Open tickets", false},
		{TicketEdit, Customers, "Edit and close tickets, add notes", false},
		{TicketAssign, Customers, "Assign tickets to technicians", false},
		{VerificationRun, Customers, "Verify contacts and answer their verification requests", false},
		{MessageResend, Customers, "Send messages again that could not be sent", false},
	}
}

// Known says whether p is in the catalogue.
func Known(p Permission) bool {
	return slices.ContainsFunc(Catalog(), func(e Entry) bool { return e.Name == p })
}
