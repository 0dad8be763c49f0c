package notification

import (
	"slices"
	"strings"

	"countersign.dev/countersign/internal/technician"
)

// Kind of a notification; its name is part of the API.
type Kind string

// The kinds, each with the Data that it takes. by is the name of who did it, "" if nobody did.
const (
	NewDevice        Kind = "security.new_device"       // device, address
	PasswordChanged  Kind = "security.password_changed" // by
	FactorsChanged   Kind = "security.factors_changed"  // change (totp_added, totp_removed, passkey_added, passkey_removed, recovery_codes), name
	FactorsReset     Kind = "security.factors_reset"    // by
	LogAltered       Kind = "security.log_altered"      // reason: what the check of the audit log found
	RoleChanged      Kind = "account.role_changed"      // role, before, by
	CustomersChanged Kind = "account.customers_changed" // added, removed (how many), by
	TaskFinished     Kind = "task.finished"             // task_id, task_kind, state, done, failed
	TicketAssigned   Kind = "ticket.assigned"           // ticket_id, number, summary, by
	FailedSignIns    Kind = "admin.failed_sign_ins"     // technician_id, name, failures, address
	NewAdministrator Kind = "admin.new_administrator"   // technician_id, name, by
	Overrides        Kind = "admin.overrides"           // overrides, by_technician, from, to: the first and the last day
	ApprovalAsked    Kind = "approval.asked"            // approval_id, action, target, customer, by, reason, signature
	ApprovalEnded    Kind = "approval.ended"            // approval_id, action, target, state, by, comment, failure
	GlassBroken      Kind = "security.break_glass"      // approval_id, action, target, customer, by, reason
	ReviewAsked      Kind = "review.asked"              // review_id, name, due, open, unanswered
	ReviewDue        Kind = "review.due"                // review_id, name, due, open, unanswered
	ReviewEnded      Kind = "review.ended"              // review_id, name, revoked, kept
	Announcement     Kind = "announcement"              // subject, body, by
)

// nature is what distinguishes one kind from another.
type nature struct {
	email  bool   // mailed unless the person chose otherwise
	link   string // where it leads to in the console; {name} stands for that Data
	admins bool   // for administrators alone
}

var kinds = map[Kind]nature{
	NewDevice:        {email: true, link: "/settings/sessions"},
	PasswordChanged:  {email: true, link: "/settings/sessions"},
	FactorsChanged:   {email: true, link: "/settings/factors"},
	FactorsReset:     {email: true, link: "/settings/factors"},
	LogAltered:       {email: true, link: "/audit", admins: true},
	RoleChanged:      {email: true, link: "/settings/profile"},
	CustomersChanged: {email: false, link: "/customers"},
	TaskFinished:     {email: false, link: "/tasks/{task_id}"},
	TicketAssigned:   {email: true, link: "/tickets/{ticket_id}"},
	FailedSignIns:    {email: true, link: "/technicians/{technician_id}", admins: true},
	NewAdministrator: {email: true, link: "/technicians/{technician_id}", admins: true},
	Overrides:        {email: true, link: "/reports?from={from}&to={to}", admins: true},
	ApprovalAsked:    {email: true, link: "/approvals/{approval_id}?s={signature}"},
	ApprovalEnded:    {email: true, link: "/approvals/{approval_id}"},
	GlassBroken:      {email: true, link: "/approvals/{approval_id}"},
	ReviewAsked:      {email: true, link: "/reviews/{review_id}"},
	ReviewDue:        {email: true, link: "/reviews/{review_id}"},
	ReviewEnded:      {email: true, link: "/reviews/{review_id}"},
	Announcement:     {email: true},
}

// Security says whether a kind tells of the security of the account: its mail cannot be switched off, and does not wait.
func (k Kind) Security() bool { return strings.HasPrefix(string(k), "security.") }

// kindsFor are the kinds that a technician may be told, in a fixed order.
func kindsFor(t technician.Technician) []Kind {
	var out []Kind
	for k, n := range kinds {
		if !n.admins || t.Administers() {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

// Link is the page of the console that a notification leads to: a path of our own, never another address.
func (n Notification) Link() string {
	path := kinds[n.Kind].link
	for {
		before, rest, ok := strings.Cut(path, "{")
		if !ok {
			return path
		}
		name, after, _ := strings.Cut(rest, "}")
		value := n.Data[name]
		if value == "" || strings.Trim(value, "0123456789abcdef-") != "" {
			return "" // no id
		}
		path = before + value + after
	}
}
