package verify

import (
	"cmp"
	"context"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/verifypolicy"
)

// The states of a shield.
const (
	shieldNone     = "none"
	shieldVerified = "verified"
	shieldFailed   = "failed"
)

// Panel is all that a technician needs in front of a contact: what is known, and what can be done now.
type Panel struct {
	ContactID   string
	Shield      contact.Shield
	LockedUntil time.Time
	CodesOff    time.Time // until when codes are off for all; the zero time while they are on
	Addresses   []PanelAddress
	Methods     []PanelMethod
	Pending     *Verification
	History     []Verification
	Banner      *verifypolicy.Banner // nil without one
	ShowOnLoad  bool
	Level       int // what the live proofs are worth together
	Actions     []PanelAction
}

// PanelAction is something that the caller may ask for.
type PanelAction struct {
	Action   verifypolicy.Action
	Required int  // level
	Cleared  bool // there is a proof of that level now
}

// PanelAddress is one address of the contact with what it last proved.
type PanelAddress struct {
	Address string
	Kind    string // mobile, landline or email
	Shield  contact.Shield
}

// PanelMethod is a way to verify, with the reason when it cannot be used now.
type PanelMethod struct {
	Description
	Reason    string // empty: available
	Addresses []MethodAddress
}

// MethodAddress is an address that a method could use.
type MethodAddress struct {
	Address string
	Reason  string // empty: available
}

// PanelOf returns the verification panel of a contact.
func (s *Service) PanelOf(ctx context.Context, contactID string) (p Panel, err error) {
	c, err := s.findContact(ctx, contactID)
	if err != nil {
		return p, err
	}
	q, now := s.DB.Read(), s.clock.Now()
	p.ContactID = c.ID
	if p.LockedUntil, err = lockedUntil(ctx, q, c.OrgID, "contact:"+c.ID); err != nil {
		return p, err
	}
	if !now.Before(p.LockedUntil) {
		p.LockedUntil = time.Time{}
	}
	if p.CodesOff, err = s.CodesOffUntil(ctx, q, c.OrgID); err != nil {
		return p, err
	}
	w := &store.Where{}
	w.Add("org_id = ? and contact_id = ?", c.OrgID, c.ID)
	if p.History, err = listVerifications(ctx, q, w, historyLength); err != nil {
		return p, err
	}
	for i, v := range p.History {
		p.History[i] = v.at(now)
		if p.History[i].State == Pending {
			p.Pending = &p.History[i]
		}
	}
	if err := s.fillAddresses(ctx, &p, c, now); err != nil {
		return p, err
	}
	return p, s.fillMethods(ctx, &p, c, now)
}

func (s *Service) fillAddresses(ctx context.Context, p *Panel, c contact.Contact, now time.Time) error {
	told, err := shieldRows(ctx, s.DB.Read(), c.OrgID, []string{c.ID}, now.Add(-failedShield))
	if err != nil {
		return err
	}
	p.Shield = shieldFrom(told, now, "")
	for _, phone := range c.Phones {
		p.Addresses = append(p.Addresses, PanelAddress{phone.Number, phone.Kind, shieldFrom(told, now, phone.Number)})
	}
	for _, email := range c.Emails {
		p.Addresses = append(p.Addresses, PanelAddress{email, "email", shieldFrom(told, now, email)})
	}
	return nil
}

// fillMethods says of every method whether it can work now, and if not, why.
func (s *Service) fillMethods(ctx context.Context, p *Panel, c contact.Contact, now time.Time) error {
	q := s.DB.Read()
	rules, err := verifypolicy.For(ctx, q, c.OrgID, c.CustomerID)
	if err != nil {
		return err
	}
	if err := s.fillRules(ctx, p, c, rules); err != nil {
		return err
	}
	for _, x := range s.inOrder(rules) {
		if x, ok := x.(Preparer); ok {
			if err := x.Opened(ctx, c); err != nil {
				return err
			}
		}
		d, err := describe(ctx, q, x, c)
		if err != nil {
			return err
		}
		m := PanelMethod{Description: d}
		err = cmp.Or(s.checkLocks(ctx, q, c.ID, m.Description), ready(ctx, q, x, c))
		if !rules.Allows(string(m.Name)) {
			err = errMethodBarred
		}
		if err != nil {
			if fault.KindOf(err) == fault.Internal {
				return err
			}
			m.Reason = fault.CodeOf(err)
		}
		asked, err := addresses(ctx, q, x, c)
		if err != nil {
			return err
		}
		for _, address := range asked {
			d := m.Description
			d.Way = wayTo(x, address)
			reason, err := s.whyNot(ctx, c, d, address, rules, now)
			if err != nil {
				return err
			}
			m.Addresses = append(m.Addresses, MethodAddress{address, reason})
		}
		if len(m.Addresses) == 0 && m.Reason == "" {
			m.Reason = fault.CodeOf(errNoAddress)
		} else if m.Reason == "" && !slices.ContainsFunc(m.Addresses, func(a MethodAddress) bool { return a.Reason == "" }) {
			m.Reason = m.Addresses[0].Reason
		}
		p.Methods = append(p.Methods, m)
	}
	return nil
}

// whyNot is the code of what keeps a method from an address, or empty.
func (s *Service) whyNot(ctx context.Context, c contact.Contact, d Description, address string, rules verifypolicy.Rules, now time.Time) (string, error) {
	err := s.trusted(ctx, s.DB.Read(), c, d, address, rules)
	if err == nil && d.Way != "" {
		err = s.Messages.Allow(ctx, s.DB.Read(), d.Way, address, now)
	}
	if err != nil && fault.KindOf(err) == fault.Internal {
		return "", err
	}
	return fault.CodeOf(err), nil
}

// shieldFrom is what the newest telling verification says about a contact, or about one address of theirs (VER-5, D-20).
func shieldFrom(newestFirst []Verification, now time.Time, address string) contact.Shield {
	for _, v := range newestFirst {
		switch {
		case address != "" && v.Address != address:
		case v.State != Verified:
			return shieldOf(shieldFailed, v, v.EndedAt.Add(failedShield))
		case now.Before(v.ShieldUntil):
			return shieldOf(shieldVerified, v, v.ShieldUntil)
		}
	}
	return contact.Shield{State: shieldNone}
}

func shieldOf(state string, v Verification, until time.Time) contact.Shield {
	return contact.Shield{
		State: state, Level: LevelName(v.Level), Method: string(v.Method), At: v.EndedAt, ExpiresAt: until, ByID: v.TechnicianID, ByName: v.TechnicianName,
	}
}

// Shields returns the shields of many contacts at once, for lists.
func (s *Service) Shields(ctx context.Context, q store.Querier, org string, contactIDs []string) (map[string]contact.Shield, error) {
	now := s.clock.Now()
	told, err := shieldRows(ctx, q, org, contactIDs, now.Add(-failedShield))
	if err != nil {
		return nil, err
	}
	byContact := map[string][]Verification{}
	for _, v := range told {
		byContact[v.ContactID] = append(byContact[v.ContactID], v)
	}
	out := map[string]contact.Shield{}
	for contactID, list := range byContact {
		out[contactID] = shieldFrom(list, now, "")
	}
	return out, nil
}

// Filter narrows a list of verifications; empty fields do not.
type Filter struct {
	ContactID string
	TicketID  string
	State     State
}

// List returns one page of the verifications that the actor may see, newest first, with the cursor of the next.
func (s *Service) List(ctx context.Context, f Filter, limit int, cursor string) (page []Verification, next string, err error) {
	w, err := s.Scoped(ctx, f.ContactID, cursor)
	if err != nil {
		return nil, "", err
	}
	if f.TicketID != "" {
		w.Add("ticket_id = ?", f.TicketID)
	}
	now := s.clock.Now()
	StateAt(w, f.State, now)
	if page, err = listVerifications(ctx, s.DB.Read(), w, limit+1); err != nil {
		return nil, "", err
	}
	if len(page) > limit {
		page, next = page[:limit], store.Cursor(page[limit-1].ID)
	}
	for i := range page {
		page[i] = page[i].at(now)
	}
	return page, next, nil
}

// Scoped starts the conditions of a list: the organization, the customers that the actor may see, and where the page begins.
func (s *Service) Scoped(ctx context.Context, contactID, cursor string) (*store.Where, error) {
	scope, err := s.Guard.Customers(ctx, perm.VerificationRun)
	if err != nil {
		return nil, err
	}
	w := &store.Where{}
	w.Add("org_id = ?", access.ActorFrom(ctx).OrgID)
	scope.Where(w, "customer_id")
	if contactID != "" {
		w.Add("contact_id = ?", contactID)
	}
	if cursor != "" {
		parts, err := store.ParseCursor(cursor, 1)
		if err != nil {
			return nil, err
		}
		w.Add("id < ?", parts[0])
	}
	return w, nil
}

// StateAt filters by the state at now, in which what has run out of time is expired although the sweep has not been there.
func StateAt(w *store.Where, state State, now time.Time) {
	switch state {
	case "":
	case Pending, Claimed:
		w.Add("state = ? and expires_at > ?", state, store.Time(now))
	case Expired:
		w.Add("(state = 'expired' or (state in ('pending', 'claimed') and expires_at <= ?))", store.Time(now))
	default:
		w.Add("state = ?", state)
	}
}
