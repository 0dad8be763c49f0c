// Package request lets a contact ask whether the person on the phone is really one of the MSP's technicians, and proves it to them.
package request

import (
	"context"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/clock"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verify"
	"countersign.dev/countersign/internal/verifypolicy"
	"countersign.dev/countersign/internal/wording"
)

// Fixed limits (D-20, D-21).
const (
	life     = 10 * time.Minute // of a request; a claim does not extend it
	maxTries = 3                // wrong answers that freeze one
)

const permRun = perm.VerificationRun

// Service runs technician verifications. What both directions share, it takes from the other one.
type Service struct {
	verify.Deps
	verifications *verify.Service
	clock         clock.Clock
}

// New returns a Service and registers it for inbound messages, behind those that the other direction claims.
func New(d verify.Deps, v *verify.Service) *Service {
	s := &Service{Deps: d, verifications: v, clock: clock.New()}
	d.Messages.OnInbound(s.receive)
	return s
}

// Request is one proof that a technician is the MSP's (TV): the contact asked "is this really you?".
type Request struct {
	OrgID        string
	ID           string
	ContactID    string
	ContactName  string
	CustomerID   string
	CustomerName string
	Medium       message.Way
	Address      string
	Language     string
	State        verify.State
	TicketID     string
	ClaimedBy    string
	ClaimedName  string
	ClaimedAt    time.Time
	Unbound      bool // confirmed without the digits of the message (R12)
	Note         string
	CreatedAt    time.Time
	ExpiresAt    time.Time
	EndedAt      time.Time
	Version      int64

	codeSealed []byte
	digitsMAC  []byte
	tries      int
}

// Live says whether the request still waits for its answer.
func (r Request) Live() bool { return r.State == verify.Pending || r.State == verify.Claimed }

// at returns r as it is at now.
func (r Request) at(now time.Time) Request {
	if r.Live() && !now.Before(r.ExpiresAt) {
		r.State, r.EndedAt = verify.Expired, r.ExpiresAt
	}
	return r
}

// object is what access decides on: everything about a request is decided by its contact's customer.
func object(customerID string) access.Object {
	return access.Object{Type: "verification", CustomerID: customerID}
}

func (r Request) place() seal.Place {
	return seal.Place{Table: "verify_request", Column: "code_sealed", ID: r.ID}
}

// start begins a technician verification for a contact who wrote #verify. The code goes to the address that the contact has on file,
// which is not the sender's say-so: whoever forged the sender sees nothing (M12).
func (s *Service) start(ctx context.Context, tx *store.Tx, c contact.Contact, in message.In) error {
	now := s.clock.Now()
	o, err := organization.ByID(ctx, tx, c.OrgID)
	if err != nil {
		return err
	}
	set, _, err := verify.SettingsOf(ctx, tx, c.OrgID)
	if err != nil {
		return err
	}
	r := Request{
		OrgID: c.OrgID, ID: id.New(), ContactID: c.ID, ContactName: c.Name, CustomerID: c.CustomerID, Medium: in.Way, Address: in.From,
		Language: wording.LanguageFor(c.Language, o.Locale), State: verify.Pending, CreatedAt: now, ExpiresAt: now.Add(life), Version: 1,
	}
	frozen, err := s.verifications.FreezePending(ctx, tx, c.OrgID, c.ID)
	if err != nil {
		return err
	}
	if frozen {
		return s.startFrozen(ctx, tx, c, r, o)
	}
	code, digits := id.Digits(6), ""
	if r.codeSealed, err = s.Keys.Seal(r.place(), []byte(code)); err != nil {
		return err
	}
	rules, err := verifypolicy.For(ctx, tx, c.OrgID, c.CustomerID)
	if err != nil {
		return err
	}
	if (rules.ConfirmDigits == nil && set.ConfirmDigits) || (rules.ConfirmDigits != nil && *rules.ConfirmDigits) {
		digits = id.Digits(2)
		r.digitsMAC = s.mac(r.OrgID, r.ID, digits)
	}
	err = s.reply(ctx, tx, r, "request", true, wording.TechnicianAsked, wording.Values{
		Organization: o.Name, Code: code, Confirm: strings.TrimSpace("#confirm " + digits), Minutes: int(life / time.Minute),
	})
	if err != nil && fault.KindOf(err) != fault.Internal { // the limits of the address, also for who asks again and again
		r.ID = ""
		return s.record(ctx, tx, r, audit.Denied, fault.CodeOf(err))
	}
	if err != nil {
		return err
	}
	if err := s.cancelLive(ctx, tx, c); err != nil {
		return err
	}
	if err := insertRequest(ctx, tx, r); err != nil {
		return err
	}
	return s.record(ctx, tx, r, audit.Success, "")
}

// startFrozen keeps a request that came while the other direction was open, and sends no code: whoever stands between two calls would
// carry it on (R9). The contact hears that it was stopped.
func (s *Service) startFrozen(ctx context.Context, tx *store.Tx, c contact.Contact, r Request, o organization.Organization) error {
	if err := s.cancelLive(ctx, tx, c); err != nil {
		return err
	}
	if err := insertRequest(ctx, tx, r); err != nil {
		return err
	}
	ended, err := endRequest(ctx, tx, r.OrgID, r.ID, verify.Pending, verify.Frozen, "", false, s.clock.Now())
	if err != nil {
		return err
	}
	if err := s.reply(ctx, tx, ended, "stopped", false, wording.ReplyStopped, wording.Values{Organization: o.Name}); err != nil {
		return err
	}
	return s.finished(ctx, tx, ended)
}

// Freeze stops the request that a contact still has, since a verification of the caller has begun beside it (R9).
func (s *Service) Freeze(ctx context.Context, tx *store.Tx, org, contactID string) (frozen bool, err error) {
	r, err := findLive(ctx, tx, org, contactID)
	if r = r.at(s.clock.Now()); err != nil || !r.Live() {
		return false, err
	}
	ended, err := endRequest(ctx, tx, org, r.ID, r.State, verify.Frozen, "", false, s.clock.Now())
	if err != nil || ended.ID == "" {
		return false, err
	}
	o, err := organization.ByID(ctx, tx, org)
	if err != nil {
		return true, err
	}
	if err := s.reply(ctx, tx, ended, "stopped", false, wording.ReplyStopped, wording.Values{Organization: o.Name}); err != nil {
		return true, err
	}
	return true, s.finished(ctx, tx, ended)
}

// cancelLive ends the request that the contact still has: the newest one counts.
func (s *Service) cancelLive(ctx context.Context, tx *store.Tx, c contact.Contact) error {
	old, err := endLive(ctx, tx, c.OrgID, c.ID, s.clock.Now())
	if err != nil || old.ID == "" {
		return err
	}
	return s.record(ctx, tx, old, audit.Success, "newer")
}

// reply answers the contact on the medium and address of their request. Only the code itself counts as starting something (D-26).
func (s *Service) reply(ctx context.Context, tx *store.Tx, r Request, what string, starts bool, key wording.Key, v wording.Values) error {
	t, err := wording.Say(ctx, tx, r.OrgID, key, r.Language, v)
	if err != nil {
		return err
	}
	out := message.Out{
		Way: r.Medium, To: r.Address, Subject: t.Subject, Body: t.Body, Purpose: message.Verification,
		Owner: message.Ref{Type: "technician_verification", ID: r.ID}, ContactID: r.ContactID,
		CustomerID: r.CustomerID, Key: "technician-verification/" + r.ID + "/" + what, Starts: starts, OnRequest: true, ExpiresAt: r.ExpiresAt,
	}
	if !starts {
		return s.verifications.Tell(ctx, tx, out)
	}
	_, err = s.Messages.Send(ctx, tx, out)
	return err
}

// record writes down what happened to r and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, r Request, outcome audit.Outcome, reason string) error {
	action := "technician_verification.request"
	if r.State != "" && r.State != verify.Pending {
		action = "technician_verification." + string(r.State)
	}
	targets := []audit.Target{{Type: "contact", ID: r.ContactID, Name: r.ContactName}}
	if r.ID != "" {
		targets = append([]audit.Target{{Type: "technician_verification", ID: r.ID}}, targets...)
	}
	err := s.Audit.Record(ctx, tx, audit.Event{
		Action: action, Outcome: outcome, Reason: reason, CustomerID: r.CustomerID, TicketID: r.TicketID, Targets: targets,
		Detail: map[string]any{"medium": string(r.Medium), "address": message.Mask(r.Address), "unbound": r.Unbound},
	})
	if err != nil || r.ID == "" {
		return err
	}
	return s.Events.Publish(ctx, tx, events.Event{
		Kind: "technician_verification.changed", ID: r.ID, CustomerID: r.CustomerID, Needs: permRun,
		Data: map[string]string{"contact_id": r.ContactID, "state": string(r.State)},
	})
}

// ByID returns a technician verification that the actor may see, and its code if the actor is the one who claimed it.
func (s *Service) ByID(ctx context.Context, requestID string) (r Request, code string, err error) {
	actor := access.ActorFrom(ctx)
	if r, err = findRequest(ctx, s.DB.Read(), actor.OrgID, requestID); err != nil {
		return r, "", err
	}
	r = r.at(s.clock.Now())
	if err := s.Guard.Check(ctx, permRun, object(r.CustomerID)); err != nil {
		return r, "", err
	}
	if r.State != verify.Claimed || r.ClaimedBy != actor.ID {
		return r, "", nil
	}
	code, err = s.reveal(r)
	return r, code, err
}

func (s *Service) reveal(r Request) (string, error) {
	code, err := s.Keys.Unseal(r.place(), r.codeSealed)
	return string(code), err
}

func (s *Service) mac(org, request, digits string) []byte {
	return s.Keys.MAC("verify code", org, request, digits)
}
