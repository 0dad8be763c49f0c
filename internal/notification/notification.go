// Package notification tells technicians what concerns them: under the bell of the console always, by mail or text message as they choose.
package notification

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/message"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// How much is kept of each person.
const (
	keepFor   = 90 * 24 * time.Hour
	keepCount = 1000
)

var (
	errNarrow = fault.New(fault.Denied, "notification.token_narrow", "This token was made for less than its owner may do. Sign in, or use a token without limits.")
	errKind   = fault.New(fault.Invalid, "notification.kind_unknown", "There is no such kind of notification, or it is not for you.")
	errLocked = fault.New(fault.Invalid, "notification.mail_required", "Mail about the security of your account cannot be switched off.")
	errQuiet  = fault.New(fault.Invalid, "notification.quiet_hours_invalid", "Quiet hours begin and end at two different times, written like 22:00.")
	errNoText = fault.New(fault.Invalid, "notification.sms_unavailable", "Text messages need a phone number and your consent. Give both in your profile first.")
)

// Notice is one thing to tell one technician.
type Notice struct {
	To   string            // the technician's id
	Kind Kind              // which names the Data that it takes
	Data map[string]string // ids, names and figures; no secrets
	Ways []message.Way     // beside the console, whatever the person chose; only for an Announcement that an administrator sends
}

// Notification is a Notice as its receiver finds it.
type Notification struct {
	OrgID        string
	ID           string
	TechnicianID string
	Kind         Kind
	Data         map[string]string
	CreatedAt    time.Time
	ReadAt       time.Time // zero: not yet
}

// Deps are what a Service stands on.
type Deps struct {
	DB       *store.DB
	Events   *events.Bus
	Messages *message.Service
	Log      *slog.Logger
	BaseURL  string // of the console, without a slash at the end
}

// Service tells technicians.
type Service struct{ Deps }

// New returns a Service.
func New(d Deps) *Service { return &Service{d} }

// Tell tells a technician in the transaction of what happened: no notification without it, and it not without its notification. Only who
// is active is told. A message that cannot be sent never takes back what happened.
func (s *Service) Tell(ctx context.Context, tx *store.Tx, n Notice) error {
	org := access.ActorFrom(ctx).OrgID
	if _, known := kinds[n.Kind]; !known {
		return fmt.Errorf("tell %s: there is no kind %q", n.To, n.Kind)
	}
	t, err := technician.ByID(ctx, tx, org, n.To)
	if fault.KindOf(err) == fault.NotFound {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("tell %s: %w", n.To, err)
	}
	if !mayBeTold(t) {
		return nil
	}
	out := Notification{OrgID: org, ID: id.New(), TechnicianID: t.ID, Kind: n.Kind, Data: n.Data, CreatedAt: store.Now()}
	if err := insert(ctx, tx, out); err != nil {
		return fmt.Errorf("tell %s of %s: %w", n.To, n.Kind, err)
	}
	if err := trim(ctx, tx, org, t.ID, keepCount); err != nil {
		return err
	}
	if err := s.moved(ctx, tx, t.ID); err != nil {
		return err
	}
	return s.spread(ctx, tx, out, t, n.Ways)
}

// TellAdministrators tells all who administer the organization but those who know, since it is they who did it.
func (s *Service) TellAdministrators(ctx context.Context, tx *store.Tx, n Notice, but ...string) error {
	administrators, err := technician.Administrators(ctx, tx, access.ActorFrom(ctx).OrgID)
	if err != nil {
		return err
	}
	for _, a := range administrators {
		if slices.Contains(but, a.ID) {
			continue
		}
		n.To = a.ID
		if err := s.Tell(ctx, tx, n); err != nil {
			return err
		}
	}
	return nil
}

func mayBeTold(t technician.Technician) bool {
	return t.Status == technician.Active && t.State == technician.Activated
}

// moved lets the bells of a technician's open consoles ring.
func (s *Service) moved(ctx context.Context, tx *store.Tx, technicianID string) error {
	return s.Events.Publish(ctx, tx, events.Event{Kind: "notification.changed", To: technicianID})
}

// Query narrows a list.
type Query struct {
	Unread bool
	store.Page
}

// List returns the actor's own notifications, the newest first, and the cursor of the next page.
func (s *Service) List(ctx context.Context, q Query) ([]Notification, string, error) {
	actor, err := owner(ctx)
	if err != nil {
		return nil, "", err
	}
	return list(ctx, s.DB.Read(), actor.OrgID, actor.ID, q)
}

// Unread counts what a technician has not read yet.
func Unread(ctx context.Context, q store.Querier, org, technicianID string) (int, error) {
	return countUnread(ctx, q, org, technicianID)
}

// Read marks the actor's own notifications as read: those with these ids, or all without any.
func (s *Service) Read(ctx context.Context, ids []string) error {
	actor, err := owner(ctx)
	if err != nil {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		changed, err := markRead(ctx, tx, actor.OrgID, actor.ID, ids, store.Now())
		if err != nil || !changed {
			return err
		}
		return s.moved(ctx, tx, actor.ID)
	})
}

// owner is the actor, who sees to what is their own. A token that was made for less does not read what its owner is told.
func owner(ctx context.Context) (access.Actor, error) {
	actor := access.ActorFrom(ctx)
	if actor.Ceiling != nil {
		return actor, errNarrow
	}
	return actor, nil
}

// Forget deletes what is older than 90 days. It is called every hour.
func (s *Service) Forget(ctx context.Context) error {
	return s.DB.Write(ctx, func(tx *store.Tx) error { return forget(ctx, tx, store.Now().Add(-keepFor)) })
}
