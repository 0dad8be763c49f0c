package authzen

import (
	"context"
	"fmt"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/input"
)

// Technician is the one type of subject.
const Technician = "technician"

// BeyondToken is why a token is told no about its own technician: whoever holds a narrow token and shows it to another program must not be
// taken there for somebody with all of its technician's rights.
const BeyondToken engine.Reason = "beyond_token"

// asked is whom a question is about.
type asked struct {
	id      string // "" for nobody who is there
	own     bool   // the caller
	all     bool   // the caller may ask about everybody
	ceiling perm.Set
}

// about finds out whom a question is about, and whether the caller may ask it. Emails are looked for in the caller's organization alone.
func (s *Service) about(ctx context.Context, subject Entity) (a asked, err error) {
	actor := access.ActorFrom(ctx)
	a.all = s.mayAskAll(ctx)
	if subject.Type == Technician {
		a.id = subject.ID
		if !id.Valid(subject.ID) {
			if a.id, err = technicianByEmail(s.db.Brief(ctx), s.db.Read(), actor.OrgID, input.FoldEmail(subject.ID)); err != nil {
				return a, fmt.Errorf("find the subject: %w", err)
			}
		}
	}
	a.own = a.id != "" && a.id == actor.ID && (actor.Kind == access.Technician || actor.Kind == access.Token)
	if a.own {
		a.ceiling = actor.Ceiling
	}
	if !a.own && !a.all {
		return a, errOthers
	}
	return a, nil
}

func (s *Service) mayAskAll(ctx context.Context) bool {
	return s.guard.Holds(ctx, perm.AdminTechnicians) == nil || s.guard.Holds(ctx, perm.AdminRoles) == nil
}

// beyond says whether the caller asks about themselves, with a token that was made for less.
func (a asked) beyond(p perm.Permission) bool { return a.ceiling != nil && !a.ceiling[p] }

// target is what a resource is to the engine.
func (s *Service) target(ctx context.Context, r Entity) (engine.Target, error) {
	switch engine.Type(r.Type) {
	case engine.QuickSupport, engine.AllDevices, engine.AllCustomers: // scopes of grants, and no types here (D-6)
		return engine.Target{}, nil
	}
	return resource.Target(s.db.Brief(ctx), s.db.Read(), access.ActorFrom(ctx).OrgID, r.Type, r.ID)
}

// Evaluate decides.
func (s *Service) Evaluate(ctx context.Context, q Question) (Answer, error) {
	who, err := s.about(ctx, q.Subject)
	if err != nil {
		return Answer{}, err
	}
	on, err := s.target(ctx, q.Resource)
	if err != nil {
		return Answer{}, err
	}
	e, err := s.engine(ctx)
	if err != nil {
		return Answer{}, err
	}
	p, at := perm.Permission(q.Action.Name), now()
	d := e.Explain(at, who.id, p, on)
	a := Answer{Outcome: d.Outcome, Reason: d.Reason, Because: d.Because, Misses: d.Misses}
	switch {
	case d.Outcome != engine.Allow && !who.all && !resource.Seen(e, at, who.id, who.ceiling, on):
		a = Answer{Outcome: engine.Deny, Reason: engine.NoSuchTarget} // what one may not see does not exist
	case d.Outcome != engine.Deny && who.beyond(p):
		a = Answer{Outcome: engine.Deny, Reason: BeyondToken}
	}
	// A request for approval is made by whoever wants to act, and for what they see: to others the answer says no more than it did.
	if a.Outcome == engine.NeedsApproval && s.asking != nil && who.own && resource.Seen(e, at, who.id, who.ceiling, on) {
		a.Ask = s.asking(p, on)
	}
	if entry, _ := perm.Find(p); s.allowed != nil && a.Outcome == engine.Allow && !entry.View {
		s.allowed(access.ActorFrom(ctx).OrgID, who.id, p)
	}
	return a, s.record.note(ctx, q, who, a)
}

func (s *Service) engine(ctx context.Context) (*engine.Engine, error) {
	e, err := s.engines.Engine(ctx, access.ActorFrom(ctx).OrgID)
	if err != nil {
		return nil, fmt.Errorf("get the engine: %w", err)
	}
	return e, nil
}
