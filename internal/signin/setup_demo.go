package signin

import (
	"context"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/throttle"
)

var errNoDemo = fault.New(fault.NotFound, "signin.no_demo", "This server has no demo organization to offer.")

// SetUpDemo fills an empty installation with the demo organization for the holder of the set-up link, and signs its owner in.
func (s *Service) SetUpDemo(ctx context.Context, token string) (Started, error) {
	caller, now := access.ActorFrom(ctx), store.Now()
	from := throttle.Network(caller.Address)
	if wait := s.limits.Check(from, now); wait > 0 {
		return Started{}, errTooMany.After(wait)
	}
	if !s.setup.matches(token) {
		s.limits.Failed(from, now)
		return Started{}, errSetupLink
	}
	if s.Demo == nil {
		return Started{}, errNoDemo
	}
	// The link is this server's own, so whoever else holds it waits here.
	s.setup.making.Lock()
	defer s.setup.making.Unlock()
	if needed, err := s.NeedsSetup(ctx); err != nil {
		return Started{}, err
	} else if !needed {
		return Started{}, errSetupDone
	}
	org, owner, err := s.Demo(ctx)
	if err != nil {
		return Started{}, err
	}
	var out Started
	err = s.DB.Write(ctx, func(tx *store.Tx) error {
		out, err = s.Begin(ctx, tx, org, owner, []string{"set_up"}, caller)
		return err
	})
	return out, err
}
