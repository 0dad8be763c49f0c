package apitoken

import (
	"context"
	"net/netip"
	"strings"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// Bearer reads an API token from an Authorization header.
func Bearer(header string) (token string, ok bool) {
	scheme, token, ok := strings.Cut(header, " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") || len(token) != len(prefix)+secretLength || !strings.HasPrefix(token, prefix) {
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

// Found is the technician behind a live token. It is shared: nobody changes what it refers to.
type Found struct {
	Actor    access.Actor
	Networks []netip.Prefix // from which the technician alone may come; empty means from everywhere

	lastUsed time.Time
}

// Find returns the actor behind a live token of a technician who may act, with no more rights than the token's. It is zero for every
// other token. Used notes that the request was let in.
func (s *Service) Find(ctx context.Context, token string) (Found, error) {
	hash, now := id.Hash(token), store.Now()
	f, epoch, ok := s.recent.find(hash, now)
	if ok && !access.ActorFrom(ctx).Passive { // an open page asks again because it heard of a change, maybe before that is forgotten here
		return f, nil
	}
	r, err := find(s.db.Brief(ctx), s.db.Read(), hash)
	if err != nil || r.actor.TokenID == "" || !now.Before(r.expires) || !r.mayAct {
		return Found{}, err
	}
	f, err = r.found()
	if err != nil {
		return Found{}, err
	}
	s.recent.keep(hash, f, r.expires, now, epoch)
	return f, nil
}

func (r row) found() (Found, error) {
	networks, err := access.Networks(r.networks)
	if err != nil {
		return Found{}, err
	}
	a := r.actor
	a.Kind = access.Token
	if r.permissions.V != nil {
		a.Ceiling = perm.Set{}
		for _, p := range r.permissions.V {
			a.Ceiling[p] = true
		}
	}
	return Found{a, networks, r.lastUsed}, nil
}

// Used notes that a token was used, at most once a minute; with it, its owner was active. A request does not fail because this does.
func (s *Service) Used(ctx context.Context, f Found, touch func(ctx context.Context, tx *store.Tx, org, technicianID string, now time.Time) error) {
	a, now := f.Actor, store.Now()
	if now.Sub(f.lastUsed) < seenEvery {
		return
	}
	err := s.db.Write(ctx, func(tx *store.Tx) error {
		ok, err := used(ctx, tx, a.OrgID, a.TokenID, now)
		if err == nil && ok {
			err = touch(ctx, tx, a.OrgID, a.ID, now)
		}
		return err
	})
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "last use was not written", "of", "token", "id", a.TokenID, "err", err)
	}
}
