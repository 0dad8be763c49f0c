// Package override lets a technician's word stand for a proof that is missing, once a second person agrees (L0, R14).
package override

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verifypolicy"
	"countersign.dev/countersign/internal/wording"
)

// validFor is how long an override counts.
const validFor = 15 * time.Minute

var (
	errUnneeded = fault.New(fault.Conflict, "verify.override_unneeded", "The contact has proved enough for this. Nothing has to be overridden.")
	errAction   = fault.Field("/parameters/policy_action", "verify.action_unknown", "There is no such action. Choose one that the contact's panel lists.")
	errTicket   = fault.Field("/parameters/ticket_id", "verify.ticket_mismatch", "Choose a ticket of the contact's customer.")
)

// Service keeps overrides.
type Service struct {
	db            *store.DB
	guard         *access.Guard
	audit         *audit.Log
	verifications *verify.Service
}

// New returns a Service and lets what it keeps count where a proof is asked for.
func New(db *store.DB, guard *access.Guard, log *audit.Log, verifications *verify.Service) *Service {
	s := &Service{db, guard, log, verifications}
	verifications.OverriddenBy(counts)
	return s
}

// Override lets the proof that an action takes be missing, once a second person agrees: the technician says how they know who it is (L0, R14).
type Override struct {
	Contact  contact.Contact
	Action   verifypolicy.Action
	Required int
	TicketID string
	Ticket   int64 // its number
}

// Plan settles whom an override is about. It is refused where nothing is missing, and while a contact is locked: who said "not me" a moment ago is not
// let in by word.
func (s *Service) Plan(ctx context.Context, q store.Querier, contactID string, action verifypolicy.Action, ticketID string) (o Override, err error) {
	if o.Contact, err = contact.ByID(ctx, q, access.ActorFrom(ctx).OrgID, contactID); err != nil {
		return o, err
	}
	if err := s.guard.Check(ctx, perm.VerificationRun, o.Contact.Object()); err != nil {
		return o, err
	}
	if !action.Known() {
		return o, errAction
	}
	if ticketID != "" {
		t, err := ticket.ByID(ctx, q, o.Contact.OrgID, ticketID)
		if err != nil || t.CustomerID != o.Contact.CustomerID || s.guard.Check(ctx, perm.TicketView, access.Object{CustomerID: t.CustomerID}) != nil {
			return o, errTicket
		}
		o.TicketID, o.Ticket = t.ID, t.Number
	}
	if err := s.verifications.Unlocked(ctx, q, contactID); err != nil {
		return o, err
	}
	found, err := s.verifications.Proof(ctx, q, o.Contact.OrgID, contactID, o.Contact.CustomerID, action)
	if err != nil {
		return o, err
	}
	if found.Have >= found.Required {
		return o, errUnneeded
	}
	o.Action, o.Required = action, found.Required
	return o, nil
}

// Decided says which request was decided, by whom, and why it was made.
type Decided struct {
	ID     string
	By     string // "" if an administrator took it upon themselves
	ByName string
	Reason string
}

// Grant puts an override in force in the transaction of its approval, and writes it on the ticket and on record.
func (s *Service) Grant(ctx context.Context, tx *store.Tx, o Override, d Decided) error {
	if err := access.NeedsSecond(ctx, verify.OverrideAction, nil); err != nil {
		return err
	}
	actor := access.ActorFrom(ctx)
	if err := insert(ctx, tx, o, d, actor.ID, store.Now()); err != nil {
		return err
	}
	set, locale, err := s.verifications.NoteStyle(ctx, tx, o.Contact.OrgID)
	if err != nil {
		return err
	}
	required := verify.LevelName(o.Required)
	note := wording.Overridden(locale, string(o.Action), o.Contact.Name, actor.Name, d.ByName, required, d.Reason)
	if err := s.verifications.Note(ctx, tx, o.TicketID, set, note); err != nil {
		return err
	}
	return s.audit.Record(ctx, tx, audit.Event{
		Action: verify.OverrideAction, CustomerID: o.Contact.CustomerID, TicketID: o.TicketID,
		Targets: []audit.Target{{Type: "contact", ID: o.Contact.ID, Name: o.Contact.Name}, {Type: "approval", ID: d.ID}},
		Detail: map[string]any{
			"action": string(o.Action), "level": verify.LevelName(0), "required": required, "reason": d.Reason, "approved_by": d.By,
		},
	})
}
