// Package apitoken keeps the API tokens of technicians: secrets for scripts and programs, which may do no more than their owners.
package apitoken

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/events"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Limits of API tokens (SIG-21).
const (
	prefix       = "cs_"
	secretLength = 43 // of id.Secret
	shownPrefix  = len(prefix) + 6
	maxTokens    = 100
	maxName      = 100
	leastLife    = time.Hour
	usualLife    = 90 * 24 * time.Hour
	keep         = 30 * 24 * time.Hour // listed as expired for so long
	seenEvery    = time.Minute

	// MaxLife is how long a token may live.
	MaxLife = 366 * 24 * time.Hour
)

// Token is an API token as it is listed; its secret is not kept.
type Token struct {
	ID           string
	OrgID        string
	TechnicianID string
	Name         string
	Prefix       string            // the first characters, to tell tokens apart
	Permissions  []perm.Permission // nil means all of its owner's
	CreatedAt    time.Time
	ExpiresAt    time.Time
	LastUsedAt   time.Time // to the minute
}

// New is what a token is to be. Without Permissions it holds all that its maker holds, also in future; without For it lives 90 days.
type New struct {
	Name        string
	Permissions []perm.Permission
	For         time.Duration
}

// Service keeps tokens.
type Service struct {
	db     *store.DB
	guard  *access.Guard
	audit  *audit.Log
	events *events.Bus
	log    *slog.Logger
	recent *recent
}

// NewService returns a Service. It watches db, and so has to be made before the first Write.
func NewService(db *store.DB, guard *access.Guard, log *audit.Log, bus *events.Bus, out *slog.Logger) *Service {
	return &Service{db, guard, log, bus, out, newRecent(db)}
}

// Create makes a token of the actor and returns its secret, once. It takes a sign-in within the last five minutes, so that an unattended
// browser cannot be turned into a year of access. A token may make tokens too, for scripts that hand out less: with no more permissions
// than its own and no longer life.
func (s *Service) Create(ctx context.Context, want New) (Token, string, error) {
	actor, now := access.ActorFrom(ctx), store.Now()
	if err := s.guard.Fresh(ctx); err != nil {
		return Token{}, "", err
	}
	latest := now.Add(MaxLife)
	if actor.TokenID != "" {
		maker, err := byID(ctx, s.db.Read(), actor.OrgID, actor.TokenID)
		if err != nil {
			return Token{}, "", err
		}
		latest = maker.ExpiresAt
		if want.Permissions == nil {
			want.Permissions = maker.Permissions
		}
	}
	if want.For == 0 {
		want.For = min(usualLife, latest.Sub(now))
	}
	t, err := want.checked(now, latest)
	if err != nil {
		return Token{}, "", err
	}
	for _, p := range t.Permissions {
		if err := s.guard.Holds(ctx, p); err != nil {
			return Token{}, "", errRights.Needing(string(p))
		}
	}
	t.OrgID, t.TechnicianID = actor.OrgID, actor.ID
	var secret string
	err = s.db.Write(ctx, func(tx *store.Tx) (err error) {
		t, secret, err = s.issue(ctx, tx, t)
		return err
	})
	return t, secret, err
}

// IssueTo makes a token of any technician, for the command line of the server. Nobody is asked: whoever calls has settled that.
func (s *Service) IssueTo(ctx context.Context, tx *store.Tx, org, technicianID string, want New) (secret string, err error) {
	now := store.Now()
	if want.For == 0 {
		want.For = usualLife
	}
	t, err := want.checked(now, now.Add(MaxLife))
	if err != nil {
		return "", err
	}
	t.OrgID, t.TechnicianID = org, technicianID
	_, secret, err = s.issue(ctx, tx, t)
	return secret, err
}

func (n New) checked(now, latest time.Time) (Token, error) {
	name := strings.TrimSpace(n.Name)
	if name == "" || utf8.RuneCountInString(name) > maxName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return Token{}, errName.At("/name")
	}
	t := Token{ID: id.New(), Name: name, CreatedAt: now, ExpiresAt: now.Add(n.For)}
	if n.For < min(leastLife, latest.Sub(now)) || t.ExpiresAt.After(latest) {
		return Token{}, errExpiry.At("/expires_in_hours")
	}
	for i, p := range n.Permissions {
		if !perm.Known(p) {
			return Token{}, errUnknown.At(fmt.Sprintf("/permissions/%d", i))
		}
		if !slices.Contains(t.Permissions, p) {
			t.Permissions = append(t.Permissions, p)
		}
	}
	if n.Permissions != nil && t.Permissions == nil {
		t.Permissions = []perm.Permission{}
	}
	return t, nil
}

// issue stores a token and returns it with its secret.
func (s *Service) issue(ctx context.Context, tx *store.Tx, t Token) (Token, string, error) {
	held, err := of(ctx, tx, t.OrgID, t.TechnicianID)
	if err != nil {
		return Token{}, "", err
	}
	if len(held) >= maxTokens {
		return Token{}, "", errCount
	}
	secret := prefix + id.Secret()
	t.Prefix = secret[:shownPrefix]
	if err := insert(ctx, tx, t, id.Hash(secret)); err != nil {
		return Token{}, "", err
	}
	return t, secret, s.audit.Record(ctx, tx, audit.Event{
		Action: "token.create", Targets: []audit.Target{{Type: "token", ID: t.ID, Name: t.Name}, {Type: "technician", ID: t.TechnicianID}},
		Detail: map[string]any{"permissions": t.Permissions, "expires_at": t.ExpiresAt.Format(time.RFC3339)},
	})
}

// List lists the tokens of a technician, the newest first: one's own, or anybody's with admin.technicians.
func (s *Service) List(ctx context.Context, technicianID string) ([]Token, error) {
	actor := access.ActorFrom(ctx)
	if technicianID == "" {
		technicianID = actor.ID
	}
	if err := s.guard.Manages(ctx, technicianID); err != nil {
		return nil, err
	}
	return of(ctx, s.db.Read(), actor.OrgID, technicianID)
}

// find returns a token that the actor may see; what belongs to others looks like nothing to whoever may not manage it.
func (s *Service) find(ctx context.Context, tokenID string) (Token, error) {
	t, err := byID(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, tokenID)
	if err == nil && s.guard.Manages(ctx, t.TechnicianID) != nil {
		return Token{}, errNotFound
	}
	return t, err
}

// Delete ends a token at once: one's own, or that of somebody whom the actor may manage. A token with a ceiling deletes none but itself and
// those that hold no more than it.
func (s *Service) Delete(ctx context.Context, tokenID string) error {
	t, err := s.find(ctx, tokenID)
	if err != nil {
		return err
	}
	if t.TechnicianID != access.ActorFrom(ctx).ID {
		owner, err := technician.ByID(ctx, s.db.Read(), t.OrgID, t.TechnicianID)
		if err != nil {
			return err
		}
		if err := technician.MayManage(ctx, s.guard, owner); err != nil {
			return err
		}
	}
	if err := s.guard.WholeAccount(ctx); err != nil && !within(access.ActorFrom(ctx), t) {
		return err
	}
	return s.db.Write(ctx, func(tx *store.Tx) error { return s.delete(ctx, tx, t) })
}

// DeleteAll deletes every token of a technician in the transaction of the change that calls for it.
func (s *Service) DeleteAll(ctx context.Context, tx *store.Tx, technicianID string) error {
	held, err := of(ctx, tx, access.ActorFrom(ctx).OrgID, technicianID)
	if err != nil {
		return err
	}
	for _, t := range held {
		if err := s.delete(ctx, tx, t); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) delete(ctx context.Context, tx *store.Tx, t Token) error {
	if err := remove(ctx, tx, t.OrgID, t.ID); err != nil {
		return err
	}
	// Whatever the token holds open ends with it.
	if err := s.events.Publish(ctx, tx, events.Event{Kind: "session.ended", ID: t.ID, To: t.TechnicianID, Data: map[string]string{"reason": "token_deleted"}}); err != nil {
		return err
	}
	return s.audit.Record(ctx, tx, audit.Event{
		Action: "token.delete", Targets: []audit.Target{{Type: "token", ID: t.ID, Name: t.Name}, {Type: "technician", ID: t.TechnicianID}},
	})
}

// within says whether t is the actor's own token or holds no more than it, like those that it made.
func within(actor access.Actor, t Token) bool {
	if t.ID == actor.TokenID {
		return true
	}
	return t.Permissions != nil && !slices.ContainsFunc(t.Permissions, func(p perm.Permission) bool { return !actor.Ceiling[p] })
}

// Sweep deletes what nobody looks at any more: tokens that expired a month ago.
func (s *Service) Sweep(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *store.Tx) error { return sweep(ctx, tx, store.Now().Add(-keep)) })
}
