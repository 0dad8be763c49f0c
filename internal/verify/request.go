package verify

import (
	"context"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/seal"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

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
	State        State
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

func (r Request) live() bool { return r.State == Pending || r.State == Claimed }

// at returns r as it is at now.
func (r Request) at(now time.Time) Request {
	if r.live() && !now.Before(r.ExpiresAt) {
		r.State, r.EndedAt = Expired, r.ExpiresAt
	}
	return r
}

func (r Request) place() seal.Place {
	return seal.Place{Table: "verify_request", Column: "code_sealed", ID: r.ID}
}

// request starts a technician verification for a contact who wrote #verify. The code goes to the address that the contact has on file,
// which is not the sender's say-so: whoever forged the sender sees nothing (M12).
func (s *Service) request(ctx context.Context, tx *store.Tx, c contact.Contact, in message.In) error {
	now := s.clock.Now()
	o, err := organization.ByID(ctx, tx, c.OrgID)
	if err != nil {
		return err
	}
	set, _, err := settingsOf(ctx, tx, c.OrgID)
	if err != nil {
		return err
	}
	r := Request{
		OrgID: c.OrgID, ID: id.New(), ContactID: c.ID, ContactName: c.Name, CustomerID: c.CustomerID, Medium: in.Way, Address: in.From,
		Language: wording.LanguageFor(c.Language, o.Locale), State: Pending, CreatedAt: now, ExpiresAt: now.Add(technicianLife), Version: 1,
	}
	code, digits := id.Digits(6), ""
	if r.codeSealed, err = s.Keys.Seal(r.place(), []byte(code)); err != nil {
		return err
	}
	if set.ConfirmDigits {
		digits = id.Digits(2)
		r.digitsMAC = s.mac(r.OrgID, r.ID, digits)
	}
	err = s.reply(ctx, tx, r, "request", true, wording.TechnicianAsked, wording.Values{
		Organization: o.Name, Code: code, Confirm: strings.TrimSpace("#confirm " + digits), Minutes: int(technicianLife / time.Minute),
	})
	if err != nil && fault.KindOf(err) != fault.Internal { // the limits of the address, also for who asks again and again
		r.ID = ""
		return s.recordRequest(ctx, tx, r, audit.Denied, fault.CodeOf(err))
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
	return s.recordRequest(ctx, tx, r, audit.Success, "")
}

// cancelLive ends the request that the contact still has: the newest one counts.
func (s *Service) cancelLive(ctx context.Context, tx *store.Tx, c contact.Contact) error {
	old, err := endLive(ctx, tx, c.OrgID, c.ID, s.clock.Now())
	if err != nil || old.ID == "" {
		return err
	}
	return s.recordRequest(ctx, tx, old, audit.Success, "newer")
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
		return s.tell(ctx, tx, out)
	}
	_, err = s.Messages.Send(ctx, tx, out)
	return err
}

// tell sends what is good to know but must not stop anything: an address that may get no message gets none.
func (s *Service) tell(ctx context.Context, tx *store.Tx, out message.Out) error {
	if _, err := s.Messages.Send(ctx, tx, out); err != nil && fault.KindOf(err) == fault.Internal {
		return err
	}
	return nil
}

// recordRequest writes down what happened to r and tells the screens.
func (s *Service) recordRequest(ctx context.Context, tx *store.Tx, r Request, outcome audit.Outcome, reason string) error {
	action := "technician_verification.request"
	if r.State != "" && r.State != Pending {
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

// RequestByID returns a technician verification that the actor may see, and its code if the actor is the one who claimed it.
func (s *Service) RequestByID(ctx context.Context, requestID string) (r Request, code string, err error) {
	actor := access.ActorFrom(ctx)
	if r, err = findRequest(ctx, s.DB.Read(), actor.OrgID, requestID); err != nil {
		return r, "", err
	}
	r = r.at(s.clock.Now())
	if err := s.Guard.Check(ctx, permRun, object(r.CustomerID)); err != nil {
		return r, "", err
	}
	if r.State != Claimed || r.ClaimedBy != actor.ID {
		return r, "", nil
	}
	code, err = s.reveal(r)
	return r, code, err
}

func (s *Service) reveal(r Request) (string, error) {
	code, err := s.Keys.Unseal(r.place(), r.codeSealed)
	return string(code), err
}
