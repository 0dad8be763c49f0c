package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/wording"
)

// StartRequest says whom to verify, and how.
type StartRequest struct {
	ContactID     string
	Method        Method
	Address       string // of the contact; empty takes the first that suits the method
	TicketID      string
	Action        string // what the caller asks for, in a few words
	CallDirection Direction
	Note          string
}

// Start sends the contact a code or a link. For a link it also returns the number that the technician has to say;
// a code is never returned to anybody.
// The message leaves only after the verification is on disk, and a verification that still waits for the same contact ends with it.
func (s *Service) Start(ctx context.Context, r StartRequest) (v Verification, spokenNumber string, err error) {
	c, err := s.findContact(ctx, r.ContactID)
	if err != nil {
		return v, "", err
	}
	p, err := s.plan(ctx, c, r)
	if err != nil {
		return v, "", s.refused(ctx, "verification.start", c, err)
	}
	secret := newSecret(p.spec, p.settings.CodeDigits)
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.checkLocks(ctx, tx, c.ID, p.spec); err != nil {
			return err
		}
		if err := s.cancelPending(ctx, tx, c.OrgID, c.ID, "newer"); err != nil {
			return err
		}
		if err := insertVerification(ctx, tx, p.verification, s.sealed(p.verification, secret)); err != nil {
			return err
		}
		if err := s.send(ctx, tx, p, secret); err != nil {
			return err
		}
		if err := s.note(ctx, tx, p.verification.TicketID, p.settings, noteOf(p.verification).Started(p.organization.Locale)); err != nil {
			return err
		}
		return s.changed(ctx, tx, "verification.start", p.verification, nil)
	})
	if err != nil {
		return v, "", s.refused(ctx, "verification.start", c, err)
	}
	if p.spec.link {
		return p.verification, secret.spoken, nil
	}
	return p.verification, "", nil
}

// plan is a start that was checked against everything but the limits that only the transaction can settle.
type plan struct {
	spec         spec
	settings     Settings
	organization organization.Organization
	ticket       ticket.Ticket // zero without a ticket
	verification Verification
}

func (s *Service) plan(ctx context.Context, c contact.Contact, r StartRequest) (p plan, err error) {
	q, actor := s.DB.Read(), access.ActorFrom(ctx)
	var ok bool
	if p.spec, ok = specOf(r.Method); !ok {
		return p, errMethod
	}
	if r.CallDirection == "" {
		r.CallDirection = Inbound
	}
	if r.CallDirection != Inbound && r.CallDirection != Outbound {
		return p, errDirection
	}
	address, err := chooseAddress(c, p.spec, r.Address)
	if err != nil {
		return p, err
	}
	if own, err := technician.OwnsAddress(ctx, q, c.OrgID, address); err != nil || own {
		return p, cmp.Or(err, error(errOwnAddress))
	}
	if p.settings, _, err = settingsOf(ctx, q, c.OrgID); err != nil {
		return p, err
	}
	if p.organization, err = organization.ByID(ctx, q, c.OrgID); err != nil {
		return p, err
	}
	if p.ticket, err = s.ticketFor(ctx, c, r, p.settings); err != nil {
		return p, err
	}
	now := s.clock.Now()
	if err := s.Messages.Allow(ctx, q, p.spec.way, address, now); err != nil {
		return p, err
	}
	p.verification = Verification{
		OrgID: c.OrgID, ID: id.New(), ContactID: c.ID, ContactName: c.Name, CustomerID: c.CustomerID,
		TechnicianID: actor.ID, TechnicianName: actor.Name, Method: p.spec.method, Level: p.spec.level,
		Address: address, Language: wording.LanguageFor(c.Language, p.organization.Locale), TicketID: r.TicketID, TicketNumber: p.ticket.Number, Action: r.Action,
		CallDirection: r.CallDirection, Note: r.Note, State: Pending, Delivery: string(message.Planned),
		CreatedAt: now, ExpiresAt: now.Add(p.settings.life()), Version: 1,
	}
	return p, nil
}

// chooseAddress returns the address as it is on the contact's page, so that nothing typed at the start is ever sent to.
func chooseAddress(c contact.Contact, sp spec, wanted string) (string, error) {
	have := c.Addresses(string(sp.way))
	if len(have) == 0 {
		return "", errNoAddress
	}
	if wanted == "" {
		return have[0], nil
	}
	if i := slices.IndexFunc(have, func(a string) bool { return store.Fold(a) == store.Fold(wanted) }); i >= 0 {
		return have[i], nil
	}
	return "", errAddress
}

// ticketFor returns the ticket of the call: one that the actor may see, of the contact's customer (R7).
func (s *Service) ticketFor(ctx context.Context, c contact.Contact, r StartRequest, set Settings) (t ticket.Ticket, err error) {
	if r.TicketID == "" {
		return t, nil
	}
	t, err = ticket.ByID(ctx, s.DB.Read(), c.OrgID, r.TicketID)
	if err != nil || t.CustomerID != c.CustomerID || s.Guard.Check(ctx, perm.TicketView, access.Object{CustomerID: t.CustomerID}) != nil {
		return t, errTicket
	}
	if t.ContactID != "" && t.ContactID != c.ID && r.Note == "" && set.OtherContactNoteRequired {
		return t, errNoteNeeded
	}
	return t, nil
}

// secret is what only the contact's address receives: a code, or the token of a link with the number that opens it.
type secret struct {
	code, token, spoken string
}

func newSecret(sp spec, digits int) secret {
	if sp.link {
		return secret{token: id.Secret(), spoken: id.Digits(3)}
	}
	return secret{code: id.Digits(digits)}
}

// stored is how a secret is kept: as a MAC under a key that is not in the database (R2, ADR 5), bound to its verification.
type stored struct {
	codeMAC, linkHash []byte
	digits            int // length of the code
}

func (s *Service) sealed(v Verification, x secret) stored {
	if x.token != "" {
		return stored{codeMAC: s.mac(v.OrgID, v.ID, x.spoken), linkHash: id.Hash(x.token), digits: len(x.spoken)}
	}
	return stored{codeMAC: s.mac(v.OrgID, v.ID, x.code), digits: len(x.code)}
}

func (s *Service) mac(org, verification, digits string) []byte {
	return s.Keys.MAC("verify code", org, verification, digits)
}

func (s *Service) send(ctx context.Context, tx *store.Tx, p plan, x secret) error {
	text, err := wording.Say(ctx, tx, p.verification.OrgID, p.spec.text, p.verification.Language, p.ask(x, s.BaseURL))
	if err != nil {
		return err
	}
	_, err = s.Messages.Send(ctx, tx, message.Out{
		Way: p.spec.way, To: p.verification.Address, Subject: text.Subject, Body: text.Body, Purpose: message.Verification,
		Owner: message.Ref{Type: "verification", ID: p.verification.ID}, ContactID: p.verification.ContactID,
		CustomerID: p.verification.CustomerID, Key: "verification/" + p.verification.ID, Starts: true, ExpiresAt: p.verification.ExpiresAt,
	})
	if err != nil {
		return fmt.Errorf("queue the message of verification %s: %w", p.verification.ID, err)
	}
	return nil
}

// ask is what the message says: who asks, why, how to refuse, and the direction in which the call must have been (R10).
func (p plan) ask(x secret, baseURL string) wording.Values {
	v := wording.Values{
		Organization: p.organization.Name, Technician: wording.FirstName(p.verification.TechnicianName), Contact: p.verification.ContactName,
		Ticket: p.ticket.Number, Minutes: p.settings.CodeMinutes, Warning: wording.WeCalled, Code: x.code,
	}
	if p.verification.CallDirection == Inbound {
		v.Warning = wording.TheyCalled
	}
	if x.token != "" {
		v.Link = baseURL + "/v/" + x.token
	}
	return v
}

// cancelPending ends the verification that a contact still has: only the newest one counts, and none after a report of fraud.
func (s *Service) cancelPending(ctx context.Context, tx *store.Tx, org, contactID, because string) error {
	old, err := endPending(ctx, tx, org, contactID, Canceled, s.clock.Now())
	if err != nil || old.ID == "" {
		return err
	}
	if err := s.Messages.Cancel(ctx, tx, message.Ref{Type: "verification", ID: old.ID}); err != nil {
		return err
	}
	return s.changed(ctx, tx, "verification.cancel", old, map[string]any{"because": because})
}

// changed records what happened to v and tells the screens.
func (s *Service) changed(ctx context.Context, tx *store.Tx, action string, v Verification, detail map[string]any) error {
	facts := map[string]any{"method": string(v.Method), "level": levelName(v.Level), "address": message.Mask(v.Address)}
	maps.Copy(facts, detail)
	err := s.Audit.Record(ctx, tx, audit.Event{
		Action: action, Outcome: outcomeOf(v.State), Reason: string(v.State), CustomerID: v.CustomerID, TicketID: v.TicketID,
		Targets: []audit.Target{{Type: "verification", ID: v.ID}, {Type: "contact", ID: v.ContactID, Name: v.ContactName}},
		Detail:  facts,
	})
	if err != nil {
		return err
	}
	return s.publish(ctx, tx, v)
}

func outcomeOf(st State) audit.Outcome {
	switch st {
	case Failed, Denied, Frozen:
		return audit.Denied
	}
	return audit.Success
}

// refused records that an act on a contact was refused, and returns why.
func (s *Service) refused(ctx context.Context, action string, c contact.Contact, why error) error {
	return s.recordRefusal(ctx, audit.Event{
		Action: action, CustomerID: c.CustomerID, Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
	}, why)
}

// Cancel ends a verification that still waits.
func (s *Service) Cancel(ctx context.Context, verificationID string) (v Verification, err error) {
	if v, err = s.ByID(ctx, verificationID); err != nil {
		return v, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		ended, err := endVerification(ctx, tx, v.OrgID, v.ID, Canceled, s.clock.Now(), time.Time{})
		if err != nil {
			return err
		}
		if ended.ID == "" {
			return errEnded
		}
		v = ended
		if err := s.Messages.Cancel(ctx, tx, message.Ref{Type: "verification", ID: v.ID}); err != nil {
			return err
		}
		if err := s.noteEnd(ctx, tx, v); err != nil {
			return err
		}
		return s.changed(ctx, tx, "verification.cancel", v, nil)
	})
	return v, err
}
