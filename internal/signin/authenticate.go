package signin

import (
	"context"
	"net/http"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Authenticate tells who makes a request: the holder of a live session or API token who may act at this moment, or nobody. The answer
// comes from the database each time, so whatever ends a session or a technician ends it for the next request.
func (s *Service) Authenticate(r *http.Request) (access.Actor, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		token, ok := bearer(header)
		if !ok {
			return access.Actor{}, nil
		}
		return s.byToken(r.Context(), token)
	}
	name := sessionCookie
	if s.secure(r) {
		name = hostPrefix + sessionCookie
	}
	// A browser sends one cookie of a name. Of two, one was planted for another path, and we cannot tell which.
	cookies := r.CookiesNamed(name)
	if len(cookies) != 1 || len(cookies[0].Value) != secretLength {
		return access.Actor{}, nil
	}
	return s.bySession(r.Context(), cookies[0].Value)
}

const secretLength = 43 // of id.Secret

// bearer reads an API token from an Authorization header.
func bearer(header string) (token string, ok bool) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || len(token) != len(tokenPrefix)+secretLength || !strings.HasPrefix(token, tokenPrefix) {
		return "", false
	}
	for _, c := range []byte(token) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_':
		default:
			return "", false
		}
	}
	return token, true
}

func (s *Service) bySession(ctx context.Context, token string) (access.Actor, error) {
	f, err := findSession(s.brief(ctx), s.DB.Read(), id.Hash(token))
	now := store.Now()
	if err != nil || !f.live(now) || !f.who.mayAct {
		return access.Actor{}, err
	}
	if now.Sub(f.lastSeen) >= seenEvery && !access.ActorFrom(ctx).Passive {
		s.note(ctx, "session", f.id, func(tx *store.Tx) error {
			_, err := sawSession(ctx, tx, f.who.orgID, f.id, now)
			return err
		})
	}
	return access.Actor{
		OrgID: f.who.orgID, Kind: access.Technician, ID: f.who.id, Name: f.who.name, Role: f.who.role, Owner: f.who.owner,
		SessionID: f.id, Authenticated: f.authenticated, MustChange: f.who.mustChange,
	}, nil
}

// brief is a context for the one query behind every request. SQLite's driver starts a goroutine for each query that can be canceled, which
// costs as much as the query.
func (s *Service) brief(ctx context.Context) context.Context {
	if s.DB.Dialect() == store.SQLite {
		return context.WithoutCancel(ctx)
	}
	return ctx
}

// note writes down that something was used. A request does not fail because this does.
func (s *Service) note(ctx context.Context, what, key string, fn func(tx *store.Tx) error) {
	if err := s.DB.Write(ctx, fn); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "last use was not written", "of", what, "id", key, "err", err)
	}
}
