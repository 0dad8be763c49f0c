package access

import (
	"context"
	"math"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
)

var errOutlives = fault.New(fault.Denied, "access.outlives_own", "You hold this for a time only, and cannot give it for longer.")

// MayGiveFor is MayGive for what counts from a time until just before another; the zero time is open. What somebody has for an hour they cannot
// give for ever, neither to others nor to themselves.
func (g *Guard) MayGiveFor(ctx context.Context, what, asking []perm.Permission, on engine.Target, from, until time.Time) error {
	if err := g.MayGive(ctx, what, asking, on); err != nil {
		return err
	}
	actor := ActorFrom(ctx)
	if actor.Kind == SystemKind || actor.Owner {
		return nil
	}
	e, err := g.Engine(ctx, actor.OrgID)
	if err != nil {
		return err
	}
	last := time.Unix(0, math.MaxInt64-1) // a moment before what is open ends
	if !until.IsZero() {
		last = until.Add(-time.Microsecond)
	}
	for _, at := range []time.Time{from, last} {
		if at.IsZero() {
			continue
		}
		if lacking := e.Lacks(at, engine.As{ID: actor.ID, Role: actor.Role, Owner: actor.Owner}, what, asking, on); lacking != "" {
			return errOutlives.Needing(string(lacking))
		}
	}
	return nil
}
