// Package contactkey keeps the passkeys of contacts: how one is set up by a link, and what an answer of one proves (VER-2, R18).
package contactkey

import (
	"context"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/clock"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
)

const (
	maxKeys       = 10             // of one contact
	enrolmentLife = 24 * time.Hour // of a link
	spokenDigits  = 3              // of the number that the technician says
	passkeyLevel  = 4              // that a passkey proves
	wantedLevel   = "L2"           // of the shield that lets a technician send a link (R18)
)

var (
	errNotFound    = fault.New(fault.NotFound, "contactkey.not_found", "There is no such passkey.")
	errGone        = fault.New(fault.Gone, "contactkey.enrolment_gone", "This link is no longer good.")
	errUnverified  = needing(fault.New(fault.Denied, "contactkey.verification_required", "Verify the contact first, by a method of level L2 or higher: a new passkey is bound only to somebody who was just verified."))
	errNoAddress   = fault.New(fault.Invalid, "contactkey.no_address", "The contact has no mobile number and no email address. Add one first.").At("/address")
	errAddress     = fault.Field("/address", "contactkey.address_unknown", "This is no mobile number or email address of the contact. Choose one that is on their page.")
	errMany        = fault.New(fault.Conflict, "contactkey.too_many", "The contact has 10 passkeys. Remove one that is no longer used first.")
	errUnavailable = fault.New(fault.Conflict, "contactkey.unavailable", "Passkeys need the name under which this server is known. An administrator has to set its external address.")
	errRefused     = fault.New(fault.Invalid, "contactkey.refused", "This passkey was not accepted.")
	errUnknown     = fault.New(fault.Invalid, "contactkey.unknown", "This passkey is not one of the contact's.")

	// ErrCloned says that a passkey counts fewer uses than before, as a copy would.
	ErrCloned = fault.New(fault.Denied, "contactkey.cloned", "This passkey counts fewer uses than before, as a copy would.")
)

func needing(e *fault.Error) *fault.Error {
	e.Level = wantedLevel
	return e
}

// Deps is what a Service works with.
type Deps struct {
	DB       *store.DB
	Guard    *access.Guard
	Keys     *seal.Keyring
	Audit    *audit.Log
	Events   *events.Bus
	Messages *message.Service
	Log      *slog.Logger
	BaseURL  string // of links, without a slash at its end; its host is the relying party

	// Shield is what the latest verification says about a contact.
	Shield func(ctx context.Context, q store.Querier, org, contactID string) (contact.Shield, error)
	// Trusted refuses an address of a contact that is not good enough to prove a level.
	Trusted func(ctx context.Context, q store.Querier, c contact.Contact, address string, level int) error
}

// Service keeps the passkeys of every contact.
type Service struct {
	Deps
	clock clock.Clock
	pages pages
}

// New returns a Service.
func New(d Deps) *Service {
	s := &Service{Deps: d, clock: clock.New()}
	s.pages = newPages(s)
	return s
}

// findContact returns a contact that the actor may verify.
func (s *Service) findContact(ctx context.Context, contactID string) (contact.Contact, error) {
	c, err := contact.ByID(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, contactID)
	if err != nil {
		return c, err
	}
	return c, s.Guard.Check(ctx, perm.VerificationRun, access.Object{Type: "contact", ID: c.ID, CustomerID: c.CustomerID})
}

// record writes down what happened to the passkeys of c and wakes the pages that show them.
func (s *Service) record(ctx context.Context, tx *store.Tx, c contact.Contact, e audit.Event) error {
	e.CustomerID, e.Targets = c.CustomerID, []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}}
	if err := s.Audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.Events.Publish(ctx, tx, events.Event{
		Kind: "verification.changed", ID: c.ID, CustomerID: c.CustomerID, Needs: perm.VerificationRun, Data: map[string]string{"contact_id": c.ID},
	})
}

// LetGo forgets the passkeys of a contact that is deleted; it is a Deleting hook of contact.
func (s *Service) LetGo(ctx context.Context, tx *store.Tx, c contact.Contact) error {
	return forgetContact(ctx, tx, c.OrgID, c.ID)
}

// Merge takes the passkeys of a contact out of use that becomes part of another one: nobody was verified as the other with them, and a
// merge must not bind an authenticator (R18). It is a Merging hook of contact.
func (s *Service) Merge(ctx context.Context, tx *store.Tx, from, into contact.Contact) error {
	now := s.clock.Now()
	n, err := revokeAll(ctx, tx, from.OrgID, from.ID, now)
	if err != nil {
		return err
	}
	if err := cancelEnrolments(ctx, tx, from.OrgID, from.ID, now); err != nil || n == 0 {
		return err
	}
	return s.record(ctx, tx, into, audit.Event{Action: "passkey.remove", Reason: "contact_merged", Detail: map[string]any{"passkeys": n}})
}
