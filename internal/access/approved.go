package access

import (
	"context"
	"maps"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
)

// ErrUnapproved answers what takes the approval of a second person and has none.
var ErrUnapproved = fault.New(fault.Denied, "access.needs_approval", "Somebody has to approve this first.")

var errFreeing = fault.New(fault.Denied, "access.administrators_only", "Only administrators can free people of a second person’s approval.")

// Approved is one action that a second person has approved, or an administrator takes upon themselves, while it runs. It lets the one permission
// pass on the one target where an approval is all that is missing: a deny stays a deny.
type Approved struct {
	Action     string
	Permission perm.Permission
	On         engine.Target
}

type approvedKey struct{}

// WithApproved returns ctx carrying what has been approved. Only the slice that keeps approvals calls it, for the time of a transaction.
func WithApproved(ctx context.Context, a Approved) context.Context {
	return context.WithValue(ctx, approvedKey{}, a)
}

// NeedsSecond returns nil if ctx runs an action that was approved, or the server does it by itself. Otherwise the refusal says what to ask for: it
// is for what always takes two people, whatever they may do.
func NeedsSecond(ctx context.Context, action string, parameters map[string]any) error {
	if a, _ := ctx.Value(approvedKey{}).(Approved); a.Action == action || ActorFrom(ctx).Kind == SystemKind {
		return nil
	}
	return ErrUnapproved.Asking(action, maps.Clone(parameters))
}

func approved(ctx context.Context, p perm.Permission, on engine.Target) bool {
	a, ok := ctx.Value(approvedKey{}).(Approved)
	return ok && a.Permission == p && a.On == on
}

// Administers says whether the actor of ctx is an administrator or the owner, with their whole account: not with a token that was made for less.
func Administers(ctx context.Context) bool {
	a := ActorFrom(ctx)
	return a.Kind == SystemKind || (a.Owner || a.Role == perm.Administrator) && a.Ceiling == nil && a.SignedIn()
}

// MayFree returns nil for administrators: to make something take no approval any more is to give it.
func (g *Guard) MayFree(ctx context.Context) error {
	if !Administers(ctx) {
		return errFreeing
	}
	return nil
}

// Decide is what comes out for a permission of the actor of ctx on a target. What their token was not made for is denied.
func (g *Guard) Decide(ctx context.Context, p perm.Permission, on engine.Target) (engine.Outcome, error) {
	q, err := g.ask(ctx, p)
	switch {
	case fault.KindOf(err) == fault.Denied:
		return engine.Deny, nil
	case err != nil:
		return engine.Deny, err
	case q.system:
		return engine.Allow, nil
	}
	outcome, _ := q.engine.CheckAs(q.at, q.as, p, on)
	return outcome, nil
}
