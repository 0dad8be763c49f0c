// Package explain tells people why somebody may do something or not, what somebody may do to a thing, and who may do something to it
// (ACC-16, ACC-17). It asks the engine that decides, and gives its ids their names.
package explain

import (
	"context"
	"fmt"
	"slices"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

var (
	errOthers = fault.New(fault.Denied, "explain.others", "You may see what you yourself may do. To see it of others takes the right to manage technicians or roles.").
			Needing(string(perm.AdminTechnicians))
	errNobody     = fault.New(fault.NotFound, "technician.not_found", "There is no such technician, or you may not see it.")
	errUnseen     = fault.New(fault.NotFound, "access.not_found", "There is no such thing, or you may not see it.")
	errPermission = fault.Field("/permission", "explain.permission_unknown", "There is no such permission.")
)

// maxGivers is how many people are named who could give a right.
const maxGivers = 10

// Engines has the engine of each organization, in step with the database.
type Engines interface {
	Engine(ctx context.Context, org string) (*engine.Engine, error)
}

// Service explains.
type Service struct {
	db      *store.DB
	guard   *access.Guard
	engines Engines
	slots   chan struct{} // holds one for each preview that is being made
}

// New returns a Service.
func New(db *store.DB, guard *access.Guard, engines Engines) *Service {
	return &Service{db, guard, engines, make(chan struct{}, maxPreviews)}
}

// Named is something with its name; "" if it has none, or none any more.
type Named struct{ ID, Name string }

// Path is an engine.Path with names.
type Path struct {
	engine.Path

	Role Named
	Team Named
	At   Named
}

// Explanation is a decision in full.
type Explanation struct {
	Outcome engine.Outcome
	Reason  engine.Reason
	Because []Path
	Misses  []Path
	Givers  []Named // of a refusal: the first of those who could give the right
}

// On names a thing: one of engine.Target's types, or one of package resource.
type On struct{ Type, ID string }

// Why explains a decision about a technician: oneself, or anybody to whoever manages technicians or roles.
func (s *Service) Why(ctx context.Context, technicianID string, p perm.Permission, on On) (Explanation, error) {
	v, err := s.view(ctx, technicianID, on)
	if err != nil {
		return Explanation{}, err
	}
	if !perm.Known(p) {
		return Explanation{}, errPermission
	}
	d := v.e.Explain(store.Now(), technicianID, p, v.target)
	x := Explanation{Outcome: d.Outcome, Reason: d.Reason, Because: paths(d.Because), Misses: paths(d.Misses)}
	if err := s.name(ctx, x.Because, x.Misses); err != nil {
		return Explanation{}, err
	}
	if d.Outcome == engine.Deny {
		if x.Givers, err = givers(ctx, s.db.Read(), v.org, maxGivers); err != nil {
			return Explanation{}, err
		}
	}
	return x, nil
}

// Decided is what comes out about one permission.
type Decided struct {
	Permission perm.Permission
	Outcome    engine.Outcome
	Reason     engine.Reason
}

// What says what comes out about every permission that a thing can be about, in the order of the catalogue.
func (s *Service) What(ctx context.Context, technicianID string, on On) ([]Decided, error) {
	v, err := s.view(ctx, technicianID, on)
	if err != nil {
		return nil, err
	}
	var out []Decided
	purposes, now := resource.Purposes(v.target), store.Now()
	for _, entry := range perm.Catalog() {
		if slices.Contains(purposes, entry.Purpose) {
			d := v.e.Explain(now, technicianID, entry.Name, v.target)
			out = append(out, Decided{entry.Name, d.Outcome, d.Reason})
		}
	}
	return out, nil
}

// Person is somebody who may do something, and why.
type Person struct {
	Named

	Because []Path
}

// Who are the technicians who may do something to a thing without an approval, by name. It is for those who manage technicians or roles.
func (s *Service) Who(ctx context.Context, p perm.Permission, on On, page store.Page) (found []Person, next string, err error) {
	v, err := s.view(ctx, "", on)
	if err != nil {
		return nil, "", err
	}
	if !perm.Known(p) {
		return nil, "", errPermission
	}
	now, may := store.Now(), map[string]bool{}
	for _, k := range v.e.Who(now, p, v.target) {
		may[k.String()] = true
	}
	people, next, err := peopleAmong(ctx, s.db.Read(), v.org, may, page)
	if err != nil {
		return nil, "", err
	}
	var all [][]Path
	for _, one := range people {
		because := paths(v.e.Explain(now, one.ID, p, v.target).Because)
		found, all = append(found, Person{one, because}), append(all, because)
	}
	return found, next, s.name(ctx, all...)
}

// view is what a question needs once it may be asked.
type view struct {
	org    string
	e      *engine.Engine
	target engine.Target
}

// view settles that the caller may ask about a technician, or with "" about everybody, and may know of the thing.
func (s *Service) view(ctx context.Context, technicianID string, on On) (v view, err error) {
	actor := access.ActorFrom(ctx)
	v.org = actor.OrgID
	own := technicianID == actor.ID && (actor.Kind == access.Technician || actor.Kind == access.Token)
	if !own && s.guard.Holds(ctx, perm.AdminTechnicians) != nil && s.guard.Holds(ctx, perm.AdminRoles) != nil {
		return v, errOthers
	}
	if !own && technicianID != "" {
		if ok, err := isTechnician(ctx, s.db.Read(), v.org, technicianID); err != nil || !ok {
			return v, orElse(err, errNobody)
		}
	}
	if v.target, err = resource.Target(ctx, s.db.Read(), v.org, on.Type, on.ID); err != nil {
		return v, err
	}
	if v.e, err = s.engines.Engine(ctx, v.org); err != nil {
		return v, fmt.Errorf("get the engine: %w", err)
	}
	if !resource.Known(v.e, store.Now(), actor.ID, actor.Ceiling, on.Type, v.target) {
		return v, errUnseen
	}
	return v, nil
}

func orElse(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}
