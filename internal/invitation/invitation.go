// Package invitation lets somebody who was invited take up their account: by a link in a mail, once, within a week, and never with more
// rights than the person who invited them could give.
package invitation

import (
	"context"
	"log/slog"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/factor"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/signin"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Life is how long an invitation can be accepted (PEO-4).
const Life = 7 * 24 * time.Hour

// State of a technician's newest invitation.
type State string

// The states.
const (
	StateNone     State = "none" // never invited by mail
	StatePending  State = "pending"
	StateExpired  State = "expired"
	StateAccepted State = "accepted"
	StateRevoked  State = "revoked"
)

// Why an invitation was revoked; what is kept never changes.
const (
	whyRevoked  = "revoked"  // by somebody
	whyReplaced = "replaced" // by a newer one
	whyEmail    = "email_changed"
	whyStatus   = "not_active"
	whyTaken    = "activated" // the account was taken up another way
)

// Invitation is one link that was sent.
type Invitation struct {
	OrgID        string
	ID           string
	TechnicianID string
	Email        string // that it was sent to
	SentBy       string // whose rights bound it
	SentByName   string
	SentAt       time.Time
	ExpiresAt    time.Time
	AcceptedAt   time.Time
	RevokedAt    time.Time
	RevokedWhy   string
}

// At is the state of an invitation at a time. The zero Invitation is StateNone.
func (i Invitation) At(now time.Time) State {
	switch {
	case i.ID == "":
		return StateNone
	case !i.AcceptedAt.IsZero():
		return StateAccepted
	case !i.RevokedAt.IsZero():
		return StateRevoked
	case !i.ExpiresAt.After(now):
		return StateExpired
	}
	return StatePending
}

// Deps are what a Service stands on.
type Deps struct {
	DB          *store.DB
	Guard       *access.Guard
	Audit       *audit.Log
	Events      *events.Bus
	Messages    *message.Service
	Technicians *technician.Service
	SignIn      *signin.Service
	Factors     *factor.Service
	Log         *slog.Logger
	// PasswordLength is how many characters the organization's rules ask of a password at least.
	PasswordLength func(ctx context.Context, q store.Querier, org string) (int, error)
	BaseURL        string // of the console, without a slash at the end: links are never made from what a request says of its host
}

// Service invites.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// Send invites a technician by mail, or again: then the link that was sent before is dead.
func (s *Service) Send(ctx context.Context, technicianID string) (out Invitation, err error) {
	t, err := s.Technicians.Find(ctx, technicianID)
	if err != nil {
		return out, err
	}
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		if t, err = technician.ByID(ctx, tx, t.OrgID, t.ID); err != nil {
			return err
		}
		out, err = s.SendIn(ctx, tx, t)
		return err
	})
	if err != nil {
		return Invitation{}, s.refused(ctx, "invitation.send", t, err)
	}
	return out, nil
}

// SendIn is Send in the caller's transaction, for a technician who may have just been created in it.
func (s *Service) SendIn(ctx context.Context, tx *store.Tx, t technician.Technician) (Invitation, error) {
	switch {
	case t.State != technician.Invitation:
		return Invitation{}, errActivated
	case t.Status != technician.Active:
		return Invitation{}, errStatus
	}
	if err := s.within(ctx, t); err != nil {
		return Invitation{}, err
	}
	actor, now, token := access.ActorFrom(ctx), store.Now(), id.Secret()
	if _, err := s.revoke(ctx, tx, t.OrgID, t.ID, whyReplaced, now); err != nil {
		return Invitation{}, err
	}
	i := Invitation{
		OrgID: t.OrgID, ID: id.New(), TechnicianID: t.ID, Email: t.Email, SentBy: actor.ID, SentByName: actor.Name, SentAt: now, ExpiresAt: now.Add(Life),
	}
	if err := insert(ctx, tx, i, id.Hash(token), input.FoldEmail(t.Email)); err != nil {
		return Invitation{}, err
	}
	if err := s.mail(ctx, tx, i, t, s.BaseURL+"/join#token="+token); err != nil {
		return Invitation{}, err
	}
	return i, s.record(ctx, tx, t, audit.Event{Action: "invitation.send", Detail: map[string]any{"expires_at": i.ExpiresAt}})
}

// Revoke withdraws an open invitation.
func (s *Service) Revoke(ctx context.Context, technicianID string) error {
	t, err := s.Technicians.Find(ctx, technicianID)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		open, err := s.revoke(ctx, tx, t.OrgID, t.ID, whyRevoked, store.Now())
		if err != nil {
			return err
		}
		if !open {
			return errNone
		}
		return s.record(ctx, tx, t, audit.Event{Action: "invitation.revoke"})
	})
}

// revoke ends what is open of a technician, also the mail that has not left yet, and says whether anything was.
func (s *Service) revoke(ctx context.Context, tx *store.Tx, org, technicianID, why string, now time.Time) (bool, error) {
	ids, err := revokeOpen(ctx, tx, org, technicianID, why, now)
	if err != nil {
		return false, err
	}
	for _, key := range ids {
		if err := s.Messages.Cancel(ctx, tx, message.Ref{Type: "invitation", ID: key}); err != nil {
			return false, err
		}
	}
	return len(ids) > 0, nil
}

// Of is the newest invitation of a technician; the zero Invitation if there was none.
func (s *Service) Of(ctx context.Context, technicianID string) (Invitation, error) {
	t, err := s.Technicians.Find(ctx, technicianID)
	if err != nil {
		return Invitation{}, err
	}
	return newest(ctx, s.DB.Read(), t.OrgID, t.ID)
}

// Changed revokes what no longer holds once a technician has another address, may not act any more, or has come in another way. It is a
// hook of technician.
func (s *Service) Changed(ctx context.Context, tx *store.Tx, c technician.Change) error {
	why := ""
	switch {
	case c.Deleted, c.Ends():
		why = whyStatus
	case input.FoldEmail(c.Before.Email) != input.FoldEmail(c.After.Email):
		why = whyEmail
	case c.Before.State == technician.Invitation && c.After.State == technician.Activated:
		why = whyTaken // the one that is being accepted is no longer open
	default:
		return nil
	}
	open, err := s.revoke(ctx, tx, c.Before.OrgID, c.Before.ID, why, store.Now())
	if err != nil || !open {
		return err
	}
	return s.Audit.Record(ctx, tx, audit.Event{Action: "invitation.revoke", Reason: why, Targets: targets(c.Before)})
}

// record writes down what happened to the invitation of t and tells the screens.
func (s *Service) record(ctx context.Context, tx *store.Tx, t technician.Technician, e audit.Event) error {
	e.Targets = targets(t)
	if err := s.Audit.Record(ctx, tx, e); err != nil {
		return err
	}
	return s.Events.Publish(ctx, tx, events.Event{Kind: "technician.changed", ID: t.ID, Needs: perm.AdminTechnicians})
}

func targets(t technician.Technician) []audit.Target {
	return []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}}
}
