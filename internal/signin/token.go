package signin

import (
	"context"
	"fmt"
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
	tokenPrefix    = "cs_"
	shownPrefix    = len(tokenPrefix) + 6
	maxTokens      = 100
	maxTokenName   = 100
	leastTokenLife = time.Hour
	tokenLife      = 90 * 24 * time.Hour
	maxTokenLife   = 366 * 24 * time.Hour
	keepTokens     = 30 * 24 * time.Hour // listed as expired for so long
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

// NewToken is what a token is to be. Without Permissions it holds all that its maker holds, also in future; without For it lives 90 days.
type NewToken struct {
	Name        string
	Permissions []perm.Permission
	For         time.Duration
}

// CreateToken makes a token of the actor and returns its secret, once. It takes a sign-in within the last five minutes, so that an
// unattended browser cannot be turned into a year of access. A token may make tokens too, for scripts that hand out less: with no more
// permissions than its own and no longer life.
func (s *Service) CreateToken(ctx context.Context, want NewToken) (Token, string, error) {
	actor, now := access.ActorFrom(ctx), store.Now()
	if actor.TokenID == "" && now.Sub(actor.Authenticated) > freshFor {
		return Token{}, "", errFresh
	}
	latest := now.Add(maxTokenLife)
	if actor.TokenID != "" {
		maker, err := tokenByID(ctx, s.DB.Read(), actor.OrgID, actor.TokenID)
		if err != nil {
			return Token{}, "", err
		}
		latest = maker.ExpiresAt
		if want.Permissions == nil {
			want.Permissions = maker.Permissions
		}
	}
	if want.For == 0 {
		want.For = min(tokenLife, latest.Sub(now))
	}
	t, err := want.checked(now, latest)
	if err != nil {
		return Token{}, "", err
	}
	for _, p := range t.Permissions {
		if err := s.Guard.Holds(ctx, p); err != nil {
			return Token{}, "", errTokenRights.Needing(string(p))
		}
	}
	t.OrgID, t.TechnicianID = actor.OrgID, actor.ID
	var secret string
	err = s.DB.Write(ctx, func(tx *store.Tx) (err error) {
		secret, err = s.issue(ctx, tx, t)
		return err
	})
	return t, secret, err
}

func (n NewToken) checked(now, latest time.Time) (Token, error) {
	name := strings.TrimSpace(n.Name)
	if name == "" || utf8.RuneCountInString(name) > maxTokenName || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' }) {
		return Token{}, errTokenName.At("/name")
	}
	t := Token{ID: id.New(), Name: name, CreatedAt: now, ExpiresAt: now.Add(n.For)}
	if n.For < min(leastTokenLife, latest.Sub(now)) || t.ExpiresAt.After(latest) {
		return Token{}, errTokenExpiry.At("/expires_in_hours")
	}
	for i, p := range n.Permissions {
		if !perm.Known(p) {
			return Token{}, errTokenUnknown.At(fmt.Sprintf("/permissions/%d", i))
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

// issue stores a token and returns its secret.
func (s *Service) issue(ctx context.Context, tx *store.Tx, t Token) (secret string, err error) {
	held, err := tokensOf(ctx, tx, t.OrgID, t.TechnicianID)
	if err != nil {
		return "", err
	}
	if len(held) >= maxTokens {
		return "", errTokenCount
	}
	secret = tokenPrefix + id.Secret()
	t.Prefix = secret[:shownPrefix]
	if err := insertToken(ctx, tx, t, id.Hash(secret)); err != nil {
		return "", err
	}
	return secret, s.Audit.Record(ctx, tx, audit.Event{
		Action: "token.create", Targets: []audit.Target{{Type: "token", ID: t.ID, Name: t.Name}, {Type: "technician", ID: t.TechnicianID}},
		Detail: map[string]any{"permissions": t.Permissions, "expires_at": t.ExpiresAt.Format(time.RFC3339)},
	})
}

// Tokens lists the tokens of a technician, the newest first: one's own, or anybody's with admin.technicians.
func (s *Service) Tokens(ctx context.Context, technicianID string) ([]Token, error) {
	actor := access.ActorFrom(ctx)
	if technicianID == "" {
		technicianID = actor.ID
	}
	if err := s.mayManage(ctx, technicianID); err != nil {
		return nil, err
	}
	return tokensOf(ctx, s.DB.Read(), actor.OrgID, technicianID)
}

// DeleteToken ends a token at once: one's own, or anybody's with admin.technicians.
func (s *Service) DeleteToken(ctx context.Context, tokenID string) error {
	org := access.ActorFrom(ctx).OrgID
	if _, err := s.ownedBy(ctx, tokenOwner, tokenID); err != nil {
		return err
	}
	t, err := tokenByID(ctx, s.DB.Read(), org, tokenID)
	if err != nil {
		return err
	}
	if err := s.ownAccount(ctx); err != nil && !within(access.ActorFrom(ctx), t) {
		return err
	}
	return s.DB.Write(ctx, func(tx *store.Tx) error {
		if err := deleteToken(ctx, tx, org, tokenID); err != nil {
			return err
		}
		// Whatever the token holds open ends with it.
		if err := s.Events.Publish(ctx, tx, events.Event{Kind: "session.ended", ID: tokenID, To: t.TechnicianID, Data: map[string]string{"reason": "token_deleted"}}); err != nil {
			return err
		}
		return s.Audit.Record(ctx, tx, audit.Event{
			Action: "token.delete", Targets: []audit.Target{{Type: "token", ID: t.ID, Name: t.Name}, {Type: "technician", ID: t.TechnicianID}},
		})
	})
}

// ownAccount refuses a token with a ceiling where its owner's account itself would change: whoever finds a token for reading tickets must
// not end the owner's sessions or edit the owner's phone.
func (s *Service) ownAccount(ctx context.Context) error {
	if access.ActorFrom(ctx).Ceiling != nil && s.Guard.Holds(ctx, perm.AdminTechnicians) != nil {
		return errTokenNarrow
	}
	return nil
}

// within says whether t is the actor's own token or holds no more than it, like those that it made.
func within(actor access.Actor, t Token) bool {
	if t.ID == actor.TokenID {
		return true
	}
	return t.Permissions != nil && !slices.ContainsFunc(t.Permissions, func(p perm.Permission) bool { return !actor.Ceiling[p] })
}

// byToken is the actor behind a live token of a technician who may act, with no more rights than the token's.
func (s *Service) byToken(ctx context.Context, token string) (access.Actor, error) {
	f, err := findToken(s.brief(ctx), s.DB.Read(), id.Hash(token))
	now := store.Now()
	if err != nil || f.id == "" || !now.Before(f.expires) || !f.who.mayAct {
		return access.Actor{}, err
	}
	if now.Sub(f.lastSeen) >= seenEvery {
		s.note(ctx, "token", f.id, func(tx *store.Tx) error {
			ok, err := sawToken(ctx, tx, f.who.orgID, f.id, now)
			if err == nil && ok {
				err = technician.Touch(ctx, tx, f.who.orgID, f.who.id, now)
			}
			return err
		})
	}
	a := access.Actor{
		OrgID: f.who.orgID, Kind: access.Token, ID: f.who.id, Name: f.who.name, Role: f.who.role, Owner: f.who.owner, TokenID: f.id,
	}
	if f.permissions.V != nil {
		a.Ceiling = perm.Set{}
		for _, p := range f.permissions.V {
			a.Ceiling[p] = true
		}
	}
	return a, nil
}
