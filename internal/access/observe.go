package access

import (
	"context"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// OutcomeApproved is what came out of something that takes an approval and had one. The engine itself says NeedsApproval.
const OutcomeApproved engine.Outcome = "approved"

// Decision is what came out when a technician set about something.
type Decision struct {
	OrgID        string
	TechnicianID string
	Permission   perm.Permission
	On           engine.Target // without a type: asked was whether they hold it anywhere
	Outcome      engine.Outcome
	At           time.Time
}

// Observe sets what is told of every decision about one permission on one thing, and about the way into a route; it must be quick and call nothing here.
// It is not told what only looks at rights: lists, what is shown or not, previews, questions about others, what open pages ask on their own. Nor is it told
// of the server itself, of contacts, and of tokens that were made for less. It is set before the first question.
func (g *Guard) Observe(fn func(Decision)) { g.observe = fn }

// Looking returns ctx for questions that only want to know what the actor may do. The answers are the same, and do not count as use.
func Looking(ctx context.Context) context.Context {
	a := ActorFrom(ctx)
	a.looking = true
	return WithActor(ctx, a)
}

// Enter is Holds for somebody who sets about what p is for.
func (g *Guard) Enter(ctx context.Context, p perm.Permission) error {
	q, err := g.ask(ctx, p)
	if err != nil {
		return err
	}
	err = q.holds(p)
	g.tell(q, p, engine.Target{}, outcomeOf(err))
	return err
}

func outcomeOf(err error) engine.Outcome {
	if err != nil {
		return engine.Deny
	}
	return engine.Allow
}

func (g *Guard) tell(q question, p perm.Permission, on engine.Target, outcome engine.Outcome) {
	if g.observe == nil || q.system || q.silent || p == perm.SignedIn {
		return
	}
	g.observe(Decision{q.org, q.as.ID, p, on, outcome, q.at})
}
