package signin

import (
	"context"
	"net/http"
	"net/netip"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/apitoken"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

// Authenticate tells who makes a request: the holder of a live session or API token who may act at this moment, or nobody. The answer
// comes from the database each time, so whatever ends a session or a technician ends it for the next request.
func (s *Service) Authenticate(r *http.Request) (access.Actor, error) {
	if header := r.Header.Get("Authorization"); header != "" {
		token, ok := apitoken.Bearer(header)
		if !ok {
			return access.Actor{}, nil
		}
		return s.byToken(r.Context(), token)
	}
	name, framed := sessionCookie, InPod(r)
	if framed {
		name = podCookie
	}
	if s.secure(r) {
		name = hostPrefix + name
	}
	// A browser sends one cookie of a name. Of two, one was planted for another path, and we cannot tell which.
	cookies := r.CookiesNamed(name)
	if len(cookies) != 1 || len(cookies[0].Value) != secretLength {
		return access.Actor{}, nil
	}
	return s.bySession(r.Context(), cookies[0].Value, framed)
}

const secretLength = 43 // of id.Secret

func (s *Service) bySession(ctx context.Context, token string, framed bool) (access.Actor, error) {
	now := store.Now()
	f, err := findSession(s.DB.Brief(ctx), s.DB.Read(), id.Hash(token), framed, now)
	if err != nil || f.actor.ID == "" {
		return access.Actor{}, err
	}
	networks, err := access.Networks(f.networks)
	if err != nil {
		return access.Actor{}, err
	}
	actor := f.actor
	if err := s.admitted(ctx, actor, networks); err != nil {
		return access.Actor{}, err
	}
	if actor.Hold == access.HoldEnrolment {
		if actor.Hold, err = s.enrolled(ctx, actor); err != nil {
			return access.Actor{}, err
		}
	}
	if actor.Hold == access.HoldNone {
		actor.Hold, actor.Ceiling = f.purpose()
	}
	if now.Sub(f.lastSeen) >= seenEvery && !access.ActorFrom(ctx).Passive {
		s.note(ctx, "session", actor.SessionID, func(tx *store.Tx) error {
			for _, one := range []string{actor.SessionID, f.parent} { // whoever works in the pod is at the browser that signed in
				if _, err := sawSession(ctx, tx, actor.OrgID, one, now); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return actor, nil
}

func (s *Service) byToken(ctx context.Context, token string) (access.Actor, error) {
	f, err := s.Tokens.Find(ctx, token)
	if err != nil || f.Actor.ID == "" {
		return access.Actor{}, err
	}
	if err := s.admitted(ctx, f.Actor, f.Networks); err != nil {
		return access.Actor{}, err
	}
	s.Tokens.Used(ctx, f, technician.Touch)
	return f.Actor, nil
}

// admitted turns a session or token away that is used from where it must not be (SIG-15): with the first request, not at the next sign-in.
func (s *Service) admitted(ctx context.Context, a access.Actor, own []netip.Prefix) error {
	policy, err := s.Policies.Of(ctx, a.OrgID)
	if err != nil {
		return err
	}
	caller := access.ActorFrom(ctx)
	if policy.Admits(a.Role, caller.Address, own) {
		return nil
	}
	if !s.turned.First(a.SessionID+a.TokenID, store.Now()) {
		return errNetwork
	}
	a.Address, a.Device, a.RequestID = caller.Address, caller.Device, caller.RequestID
	if err := s.Audit.Append(access.WithActor(ctx, a), audit.Event{
		Action: "session.use", Outcome: audit.Denied, Reason: whyNetwork, Targets: []audit.Target{{Type: "technician", ID: a.ID, Name: a.Name}},
	}); err != nil {
		return err
	}
	return errNetwork
}

// enrolled lets a session go on whose person has set up the second factor that was asked for.
func (s *Service) enrolled(ctx context.Context, a access.Actor) (access.Hold, error) {
	state, err := s.Factors.State(ctx, s.DB.Read(), a.OrgID, a.ID)
	if err != nil || !state.Enrolled() {
		return access.HoldEnrolment, err
	}
	return access.HoldNone, s.DB.Write(ctx, func(tx *store.Tx) error {
		return liftHold(ctx, tx, a.OrgID, a.SessionID, access.HoldEnrolment)
	})
}

// note writes down that something was used. A request does not fail because this does.
func (s *Service) note(ctx context.Context, what, key string, fn func(tx *store.Tx) error) {
	if err := s.DB.Write(ctx, fn); err != nil && ctx.Err() == nil {
		s.Log.WarnContext(ctx, "last use was not written", "of", what, "id", key, "err", err)
	}
}
