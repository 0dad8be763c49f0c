package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/ticket"
	"countersign.dev/countersign/internal/verifypolicy"
	"countersign.dev/countersign/internal/wording"
)

// StartRequest says whom to verify, and how.
type StartRequest struct {
	ContactID     string
	Method        MethodName
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
	x, err := p.method.Plan(p.question)
	if err == nil {
		err = x.check(p.Description)
	}
	if err != nil {
		return v, "", fmt.Errorf("plan a verification by %s: %w", p.Name, err)
	}
	v = p.question.Verification
	if x.Level > 0 {
		v.Level = x.Level
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := s.checkLocks(ctx, tx, c.ID, p.Description); err != nil {
			return err
		}
		if err := s.cancelPending(ctx, tx, c.OrgID, c.ID, "newer"); err != nil {
			return err
		}
		if err := insertVerification(ctx, tx, v, s.sealed(v, x)); err != nil {
			return err
		}
		if s.counter != nil {
			frozen, err := s.counter(ctx, tx, c.OrgID, c.ID)
			if err != nil {
				return err
			}
			if frozen { // nothing is sent: a code would only help whoever stands between the calls
				x.Spoken = ""
				v, err = s.settle(ctx, tx, v, Frozen, relayed)
				return err
			}
		}
		if m, ok := p.method.(Starter); ok {
			if err := m.Started(ctx, tx, p.question, x); err != nil {
				return err
			}
		}
		if err := s.send(ctx, tx, p, v, x); err != nil {
			return err
		}
		if err := s.Note(ctx, tx, v.TicketID, p.question.Settings, noteOf(v).Started(p.question.Organization.Locale)); err != nil {
			return err
		}
		return s.changed(ctx, tx, "verification.start", v, nil)
	})
	if err != nil {
		return Verification{}, "", s.refused(ctx, "verification.start", c, err)
	}
	return v, x.Spoken, nil
}

// plan is a start that was checked against everything but the limits that only the transaction can settle.
type plan struct {
	Description
	method   Method
	question Question
}

func (s *Service) plan(ctx context.Context, c contact.Contact, r StartRequest) (p plan, err error) {
	q, actor := s.DB.Read(), access.ActorFrom(ctx)
	m, ok := s.method(r.Method)
	if !ok {
		return p, errMethod
	}
	rules, err := verifypolicy.For(ctx, q, c.OrgID, c.CustomerID)
	if err != nil {
		return p, err
	}
	if !rules.Allows(string(r.Method)) {
		return p, errMethodBarred
	}
	p.method = m
	if x, ok := m.(Preparer); ok {
		if err := x.Prepare(ctx, c); err != nil {
			return p, err
		}
	}
	if p.Description, err = describe(ctx, q, m, c); err != nil {
		return p, err
	}
	if err := ready(ctx, q, m, c); err != nil {
		return p, err
	}
	if r.CallDirection == "" {
		r.CallDirection = Inbound
	}
	if r.CallDirection != Inbound && r.CallDirection != Outbound {
		return p, errDirection
	}
	address, err := s.chooseAddress(ctx, q, m, c, r.Address)
	if err != nil {
		return p, err
	}
	p.Way = wayTo(m, address)
	if err := s.trusted(ctx, q, c, p.Description, address, rules); err != nil {
		return p, err
	}
	set, _, err := SettingsOf(ctx, q, c.OrgID)
	if err != nil {
		return p, err
	}
	o, err := organization.ByID(ctx, q, c.OrgID)
	if err != nil {
		return p, err
	}
	if rules.NoteRequired != nil {
		set.OtherContactNoteRequired = *rules.NoteRequired
	}
	t, err := s.ticketFor(ctx, c, r, set)
	if err != nil {
		return p, err
	}
	now := s.clock.Now()
	if p.Way != "" {
		if err := s.Messages.Allow(ctx, q, p.Way, address, now); err != nil {
			return p, err
		}
	}
	p.question = Question{Contact: c, Organization: o, Settings: set, BaseURL: s.BaseURL, Verification: Verification{
		OrgID: c.OrgID, ID: id.New(), ContactID: c.ID, ContactName: c.Name, CustomerID: c.CustomerID,
		TechnicianID: actor.ID, TechnicianName: actor.Name, Method: p.Name, Form: p.Form, Level: p.Level,
		Address: address, Language: wording.LanguageFor(c.Language, o.Locale), TicketID: r.TicketID, TicketNumber: t.Number, Action: r.Action,
		CallDirection: r.CallDirection, Note: r.Note, State: Pending, Delivery: string(message.Planned),
		CreatedAt: now, ExpiresAt: now.Add(set.life()), Version: 1,
	}}
	return p, nil
}

// chooseAddress returns the address as it is on the contact's page, so that nothing typed at the start is ever sent to.
func (s *Service) chooseAddress(ctx context.Context, q store.Querier, m Method, c contact.Contact, wanted string) (string, error) {
	have, err := addresses(ctx, q, m, c)
	if err != nil {
		return "", err
	}
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

// stored is how a secret is kept: as a MAC under a key that is not in the database (R2, ADR 5), bound to its verification.
type stored struct {
	codeMAC, linkHash []byte
	digits            int // length of the code
}

func (s *Service) sealed(v Verification, p Plan) (x stored) {
	if p.Digits != "" {
		x.codeMAC, x.digits = s.mac(v.OrgID, v.ID, p.Digits), len(p.Digits)
	}
	if p.Token != "" {
		x.linkHash = id.Hash(p.Token)
	}
	return x
}

func (s *Service) mac(org, verification, digits string) []byte {
	return s.Keys.MAC("verify code", org, verification, digits)
}

func (s *Service) send(ctx context.Context, tx *store.Tx, p plan, v Verification, x Plan) error {
	if p.Way == "" {
		return nil
	}
	text, err := wording.Say(ctx, tx, v.OrgID, x.Text, v.Language, x.Words(p.question))
	if err != nil {
		return err
	}
	_, err = s.Messages.Send(ctx, tx, message.Out{
		Way: p.Way, To: v.Address, Subject: cmp.Or(text.Subject, text.Announcement), Body: text.Body, Language: v.Language, Purpose: message.Verification,
		Owner: message.Ref{Type: "verification", ID: v.ID}, ContactID: v.ContactID,
		CustomerID: v.CustomerID, Key: "verification/" + v.ID, Starts: true, ExpiresAt: v.ExpiresAt,
	})
	if err != nil {
		return fmt.Errorf("queue the message of verification %s: %w", v.ID, err)
	}
	return nil
}

// changed records what happened to v and tells the screens.
func (s *Service) changed(ctx context.Context, tx *store.Tx, action string, v Verification, detail map[string]any) error {
	facts := map[string]any{"method": string(v.Method), "level": LevelName(v.Level), "address": message.Mask(v.Address)}
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
	return s.RecordRefusal(ctx, audit.Event{
		Action: action, CustomerID: c.CustomerID, Targets: []audit.Target{{Type: "contact", ID: c.ID, Name: c.Name}},
	}, why)
}
