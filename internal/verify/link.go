package verify

import (
	"context"
	"crypto/hmac"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/contact"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/wording"
)

// Link is what the page behind a link shows. It reveals who asks, nothing about the contact.
type Link struct {
	Organization   string
	TechnicianName string
	State          State
	Token          string
	Verification   Verification
}

// OpenLink looks a link up and changes nothing, however often and by whatever it is opened (R8).
func (s *Service) OpenLink(ctx context.Context, token string) (Link, error) {
	v, err := findByLink(ctx, s.DB.Read(), id.Hash(token))
	if err != nil {
		return Link{}, err
	}
	v = v.at(s.clock.Now())
	o, err := organization.ByID(ctx, s.DB.Read(), v.OrgID)
	if err != nil {
		return Link{}, err
	}
	return Link{o.Name, wording.FirstName(v.TechnicianName), v.State, token, v}, nil
}

// Answer is what the contact says on the page behind a link.
type Answer struct {
	Number    string    // the three digits that the technician says
	Direction Direction // how the call began, as the contact saw it
	NotMe     bool      // "I did not ask for this"

	// Proof says, in the transaction, whether what the method asks besides holds; nil asks nothing. It is called for a right number only.
	Proof func(ctx context.Context, tx *store.Tx) (bool, error)
}

// AnswerLink settles a verification by link and returns its new state. The number has one try: a wrong one ends the link, whether it
// came with yes or with "not me", so that a scanner that presses everything can neither verify nor deny. Who called whom has to agree.
func (s *Service) AnswerLink(ctx context.Context, l Link, a Answer) (State, error) {
	return s.answerLink(ctx, l, a, nil)
}

// HalfAnswerLink is AnswerLink for a Pager to which the right number is one half of the proof: instead of settling, half keeps in the same
// transaction what the other half needs. It runs for the one right answer alone; the verification then stays Pending.
func (s *Service) HalfAnswerLink(ctx context.Context, l Link, a Answer, half func(tx *store.Tx) error) (State, error) {
	return s.answerLink(ctx, l, a, half)
}

func (s *Service) answerLink(ctx context.Context, l Link, a Answer, half func(tx *store.Tx) error) (State, error) {
	v := l.Verification
	if v.State != Pending {
		return v.State, nil
	}
	ctx, err := s.AsContact(ctx, v)
	if err != nil {
		return v.State, err
	}
	state := v.State
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		now := s.clock.Now()
		mac, err := spendLink(ctx, tx, v.OrgID, v.ID, now)
		if err != nil {
			return err
		}
		if mac == nil { // somebody was quicker, or it expired meanwhile
			current, err := findVerification(ctx, tx, v.OrgID, v.ID)
			state = current.at(now).State
			return err
		}
		judged, err := s.judge(ctx, tx, v, mac, a)
		if err != nil {
			return err
		}
		if judged == Verified && half != nil {
			state = Pending
			return half(tx)
		}
		state, err = s.Settle(ctx, tx, v, judged)
		return err
	})
	return state, err
}

// judge is the outcome of one answer whose try was spent.
func (s *Service) judge(ctx context.Context, tx *store.Tx, v Verification, mac []byte, a Answer) (State, error) {
	switch {
	case !hmac.Equal(mac, s.mac(v.OrgID, v.ID, a.Number)):
		return Failed, nil
	case a.NotMe:
		return Denied, nil
	}
	if a.Proof != nil {
		if ok, err := a.Proof(ctx, tx); err != nil || !ok {
			return Failed, err
		}
	}
	if a.Direction != v.CallDirection {
		return Frozen, nil
	}
	return Verified, nil
}

// AsContact makes the contact of v the actor, keeping what is known of the request.
func (s *Service) AsContact(ctx context.Context, v Verification) (context.Context, error) {
	c, err := contact.ByID(ctx, s.DB.Read(), v.OrgID, v.ContactID)
	if err != nil {
		return ctx, err
	}
	was := access.ActorFrom(ctx)
	return access.WithActor(ctx, access.Actor{
		OrgID: v.OrgID, Kind: access.Contact, ID: c.ID, Name: c.Name, Address: was.Address, Device: was.Device, RequestID: was.RequestID,
	}), nil
}
