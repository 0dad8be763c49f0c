package signin

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Limits of sessions that no policy moves.
const (
	halfLife     = 10 * time.Minute // of half a session, which waits for the second factor
	seenEvery    = time.Minute
	keepSessions = 7 * 24 * time.Hour // after they could have been used at most

	maxDevices   = 20
	deviceLife   = 180 * 24 * time.Hour
	keepFailures = 30 * 24 * time.Hour
)

// The names of the cookies. Over TLS the prefix __Host- keeps sibling domains and plain http from setting them (D-18).
const (
	hostPrefix    = "__Host-"
	sessionCookie = "cs_session"
	podCookie     = "cs_pod"
	deviceCookie  = "cs_device"
)

// Why a session ended.
const (
	whySignedOut       = "signed_out"
	whyReplaced        = "replaced"  // by the next sign-in from the same browser
	whyTooMany         = "too_many"  // the oldest gives way
	whyCompleted       = "completed" // half a session, by a whole one
	whyExhausted       = "exhausted" // half a session, by wrong codes
	whyAccessEnded     = "access_ended"
	whyPasswordChanged = "password_changed"
	whyEnded           = "ended"  // from a list of sessions
	whyParent          = "parent" // the session that handed it over has ended
)

// Session is one browser in which a technician is signed in.
type Session struct {
	ID           string
	OrgID        string
	TechnicianID string
	Hold         access.Hold
	Level        int
	Methods      []string
	Address      string
	Device       string
	PodID        string // the pod that it is for; "" for the console
	ParentID     string // the session that handed it to a frame, and with which it ends; "" if it is one of its own

	CreatedAt, AuthenticatedAt, LastSeenAt, ExpiresAt time.Time
	IdleFor                                           time.Duration
	EndedAt                                           time.Time
}

// IdleExpiresAt is when the session ends unless it is used before.
func (s Session) IdleExpiresAt() time.Time {
	if t := s.LastSeenAt.Add(s.IdleFor); t.Before(s.ExpiresAt) {
		return t
	}
	return s.ExpiresAt
}

// end ends sessions, with them those that they handed to pods, and tells their browsers.
func (s *Service) end(ctx context.Context, tx *store.Tx, org string, ids []string, why string, now time.Time) error {
	for _, sessionID := range ids {
		technicianID, err := endSession(ctx, tx, org, sessionID, why, now)
		if errors.Is(err, errNoSession) {
			continue // it has ended already
		}
		if err != nil {
			return err
		}
		if err := s.Audit.Record(ctx, tx, audit.Event{
			Action: "session.delete", Reason: why, Targets: []audit.Target{{Type: "session", ID: sessionID}, {Type: "technician", ID: technicianID}},
		}); err != nil {
			return err
		}
		if err := s.Events.Publish(ctx, tx, events.Event{
			Kind: "session.ended", ID: sessionID, To: technicianID, Data: map[string]string{"reason": why},
		}); err != nil {
			return err
		}
		handed, err := handedOver(ctx, tx, org, sessionID)
		if err != nil {
			return err
		}
		if err := s.end(ctx, tx, org, handed, whyParent, now); err != nil {
			return err
		}
	}
	return nil
}

// EndAll ends every session and sign-in link of a technician at once, in the transaction of the change that calls for it.
func (s *Service) EndAll(ctx context.Context, tx *store.Tx, technicianID, why string) error {
	org, now := access.ActorFrom(ctx).OrgID, store.Now()
	if _, err := nextEpoch(ctx, tx, org, technicianID); err != nil {
		return err
	}
	ids, err := openSessions(ctx, tx, org, technicianID)
	if err != nil {
		return err
	}
	if err := s.end(ctx, tx, org, ids, why, now); err != nil {
		return err
	}
	return deleteOf(ctx, tx, org, technicianID, "signin_link")
}

// Inactive ends what a technician who may no longer act has open. Tokens rest with their owner; of somebody who has left they are deleted,
// and of somebody who is deleted nothing is kept. It is the Inactive hook of technician.
func (s *Service) Inactive(ctx context.Context, tx *store.Tx, technicianID, why string) error {
	if err := s.EndAll(ctx, tx, technicianID, why); err != nil {
		return err
	}
	org := access.ActorFrom(ctx).OrgID
	switch why {
	case string(technician.Inactive):
		if err := s.Tokens.DeleteAll(ctx, tx, technicianID); err != nil {
			return err
		}
		return deleteOf(ctx, tx, org, technicianID, "signin_device")
	case "deleted":
		if err := s.Tokens.DeleteAll(ctx, tx, technicianID); err != nil {
			return err
		}
		return deleteOf(ctx, tx, org, technicianID, "signin_device", "signin_session", "signin_password", "signin_account")
	}
	return nil
}

// EndAccess ends all sessions of a technician and deletes all tokens, so that whoever holds one, rightly or not, begins again. The person
// stays who they are and may sign in.
func (s *Service) EndAccess(ctx context.Context, technicianID string) error {
	t, err := s.Technicians.Manage(ctx, technicianID, "access.end")
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.EndAccessIn(ctx, tx, t) })
}

// EndAccessIn is EndAccess in the caller's transaction, for work on many; the caller has settled that the actor may do it to t.
func (s *Service) EndAccessIn(ctx context.Context, tx *store.Tx, t technician.Technician) error {
	if err := s.EndAll(ctx, tx, t.ID, whyAccessEnded); err != nil {
		return err
	}
	if err := s.Tokens.DeleteAll(ctx, tx, t.ID); err != nil {
		return err
	}
	return s.Audit.Record(ctx, tx, audit.Event{Action: "access.end", Targets: []audit.Target{{Type: "technician", ID: t.ID, Name: t.Name()}}})
}

// SignOut ends the session of ctx. A token has none, and nothing happens.
func (s *Service) SignOut(ctx context.Context) error {
	actor := access.ActorFrom(ctx)
	if actor.SessionID == "" {
		return nil
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		return s.end(ctx, tx, actor.OrgID, []string{actor.SessionID}, whySignedOut, store.Now())
	})
}

// Sessions lists the live sessions of a technician, the newest first: one's own, or anybody's with admin.technicians.
func (s *Service) Sessions(ctx context.Context, technicianID string) ([]Session, error) {
	actor := access.ActorFrom(ctx)
	if technicianID == "" {
		technicianID = actor.ID
	}
	if err := s.Guard.Manages(ctx, technicianID); err != nil {
		return nil, err
	}
	return liveSessions(ctx, s.DB.Read(), actor.OrgID, technicianID, store.Now())
}

// ownSession finds whose session an id is. What belongs to others looks like nothing to whoever may not manage it.
func (s *Service) ownSession(ctx context.Context, sessionID string) error {
	technicianID, err := sessionOwner(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, sessionID)
	if err == nil && s.Guard.Manages(ctx, technicianID) != nil {
		return errNoSession
	}
	return err
}

// EndSession ends one session: one's own, or that of somebody whom the actor may manage.
func (s *Service) EndSession(ctx context.Context, sessionID string) error {
	if err := s.ownSession(ctx, sessionID); err != nil {
		return err
	}
	technicianID, err := sessionOwner(ctx, s.DB.Read(), access.ActorFrom(ctx).OrgID, sessionID)
	if err != nil {
		return err
	}
	if technicianID != access.ActorFrom(ctx).ID {
		if _, err := s.Technicians.Manage(ctx, technicianID, "session.delete"); err != nil {
			return err
		}
	}
	if err := s.Guard.WholeAccount(ctx); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		return s.end(ctx, tx, access.ActorFrom(ctx).OrgID, []string{sessionID}, whyEnded, store.Now())
	})
}

// EndOthers ends all of one's sessions but the one that asks.
func (s *Service) EndOthers(ctx context.Context) error {
	if err := s.Guard.WholeAccount(ctx); err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error { return s.EndOtherSessions(ctx, tx, whyEnded) })
}

// EndOtherSessions does so in the transaction of a change to one's own account: whoever else holds a session has to prove it anew.
func (s *Service) EndOtherSessions(ctx context.Context, tx *store.Tx, why string) error {
	actor := access.ActorFrom(ctx)
	ids, err := openSessions(ctx, tx, actor.OrgID, actor.ID)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { return id == actor.SessionID })
	return s.end(ctx, tx, actor.OrgID, ids, why, store.Now())
}
