package invitation

import (
	"context"
	"encoding/json"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/organization"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Open is an invitation as the person sees it who has its link.
type Open struct {
	Invitation
	Organization organization.Organization
	Technician   technician.Technician
}

// Look returns the open invitation behind a link, or says why there is none and what to do.
func (s *Service) Look(ctx context.Context, token string) (o Open, err error) {
	if o.Invitation, err = byToken(ctx, s.DB.Read(), id.Hash(token)); err != nil {
		return o, err
	}
	if o.Technician, err = technician.ByID(ctx, s.DB.Read(), o.OrgID, o.TechnicianID); err != nil {
		return o, err
	}
	if err := closed(o.Invitation, o.Technician, store.Now()); err != nil {
		return o, err
	}
	o.Organization, err = organization.ByID(ctx, s.DB.Read(), o.OrgID)
	return o, err
}

// closed is why an invitation cannot be accepted, or nil.
func closed(i Invitation, t technician.Technician, now time.Time) error {
	switch {
	case !i.AcceptedAt.IsZero(), t.State == technician.Activated:
		return errAccepted
	case i.RevokedWhy == whyReplaced:
		return errReplaced
	case !i.RevokedAt.IsZero(), t.Status != technician.Active, input.FoldEmail(t.Email) != input.FoldEmail(i.Email):
		return errRevoked
	case !i.ExpiresAt.After(now):
		return errExpired
	}
	return nil
}

// Acceptance is what somebody sends who takes up an invitation: a password, or the answer of a new passkey.
type Acceptance struct {
	Token    string
	Password string
	Passkey  *NewPasskey
	Profile  technician.Profile
}

// NewPasskey is what a browser answers to the options of PasskeyOptions.
type NewPasskey struct {
	ChallengeID string
	Name        string
	Credential  json.RawMessage
}

// Accept takes up the account behind a link and signs its person in. The link is spent, the account active, the way to sign in kept and
// the session begun in one transaction. Whoever else was signed in in this browser no longer is.
func (s *Service) Accept(ctx context.Context, a Acceptance) (out Accepted, err error) {
	o, err := s.Look(ctx, a.Token)
	if err != nil {
		return out, err
	}
	if (a.Password == "") == (a.Passkey == nil) {
		return out, errChoose
	}
	caller := access.ActorFrom(ctx)
	person := actorOf(o.Technician)
	person.Address, person.Device, person.RequestID = caller.Address, caller.Device, caller.RequestID
	ctx = access.WithActor(ctx, person)
	var keep keeper
	method := signin.MethodPasskey
	if a.Passkey != nil {
		keep = s.keepPasskey(o, a.Token, a.Passkey, &out.RecoveryCodes)
	} else {
		method = signin.MethodPassword
		if keep, err = s.SignIn.SetPassword(ctx, a.Password, o.Technician, false); err != nil {
			return out, err
		}
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out.Started, err = s.accept(ctx, tx, o.Invitation, a.Profile, keep, method, caller)
		return err
	})
	if err != nil {
		return Accepted{}, s.refused(ctx, "invitation.accept", o.Technician, err)
	}
	return out, nil
}

// Accepted is the session that an accepted invitation begins with, and the recovery codes that come with a passkey.
type Accepted struct {
	signin.Started
	RecoveryCodes []string
}

type keeper = func(ctx context.Context, tx *store.Tx) error

// accept is Accept inside its transaction.
func (s *Service) accept(
	ctx context.Context, tx *store.Tx, i Invitation, own technician.Profile, keep keeper, method string, caller access.Actor,
) (signin.Started, error) {
	mine, err := spend(ctx, tx, i, store.Now())
	if err != nil {
		return signin.Started{}, err
	}
	t, err := technician.ByID(ctx, tx, i.OrgID, i.TechnicianID)
	if err != nil {
		return signin.Started{}, err
	}
	if !mine { // somebody was faster, or it was withdrawn at this moment
		return signin.Started{}, orAccepted(closed(i, t, store.Now()))
	}
	if err := s.stillGiven(ctx, tx, i, t); err != nil {
		return signin.Started{}, err
	}
	if err := keep(ctx, tx); err != nil {
		return signin.Started{}, err
	}
	if t, err = s.Technicians.TakeUp(ctx, tx, i.OrgID, i.TechnicianID, own); err != nil {
		return signin.Started{}, err
	}
	if err := s.record(ctx, tx, t, audit.Event{
		Action: "invitation.accept", Detail: map[string]any{"method": method, "invited_by": i.SentByName, "invited_at": i.SentAt},
	}); err != nil {
		return signin.Started{}, err
	}
	return s.SignIn.Begin(ctx, tx, i.OrgID, i.TechnicianID, []string{method}, caller)
}

func orAccepted(err error) error {
	if err == nil {
		return errAccepted
	}
	return err
}
