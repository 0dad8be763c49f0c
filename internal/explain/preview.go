package explain

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
)

var errPreview = fault.New(fault.Denied, "explain.preview_others", "A preview shows what others may do. It takes the right to manage technicians or roles.").
	Needing(string(perm.AdminTechnicians))

// maxPreviews are made at a time, each in a copy of what the engine knows; others wait for their turn.
const maxPreviews = 2

// maxShown is how many people a preview shows; it counts all.
const maxShown = 500

// Preview is what a change would do to what people may do (ACC-18).
type Preview struct {
	People  int // who gain or lose anything
	Gaining int
	Losing  int
	Shown   []Changed // by name; the first maxShown

	Tried, Of int // how much of the work was tried out, if it was too much for all of it; else 0
}

// Changed is somebody to whom a change does something.
type Changed struct {
	Named

	New         bool // the change makes them
	Coming      bool // and they are invited: they have this once they have signed in
	Differences []Difference
}

// Difference is an engine.Difference with names.
type Difference struct {
	engine.Difference

	At []Place
}

// Place is a customer, group or device.
type Place struct {
	Type engine.Type
	Named
}

// Preview says what would come of do, which changes something under the context that it gets and is taken back. Reached is false if do did not come that far,
// and knows why. It is for those who manage technicians or roles.
func (s *Service) Preview(ctx context.Context, do func(context.Context)) (p Preview, reached bool, err error) {
	if s.guard.Holds(ctx, perm.AdminTechnicians) != nil && s.guard.Holds(ctx, perm.AdminRoles) != nil {
		return p, false, errPreview
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
		return p, false, ctx.Err()
	}
	tried, reached, err := s.guard.Rehearse(ctx, do)
	if err != nil || !reached {
		return p, reached, err
	}
	affected := map[string]engine.Affected{}
	for _, a := range tried.People {
		affected[a.Technician.String()] = a
		if slices.ContainsFunc(a.Differences, func(d engine.Difference) bool { return len(d.Gained)+len(d.Freed) > 0 }) {
			p.Gaining++
		}
		if slices.ContainsFunc(a.Differences, func(d engine.Difference) bool { return len(d.Lost)+len(d.Asking) > 0 }) {
			p.Losing++
		}
	}
	p.People = len(affected)
	if tried.Tried < tried.Of {
		p.Tried, p.Of = tried.Tried, tried.Of
	}
	people, err := firstByName(ctx, s.db.Read(), access.ActorFrom(ctx).OrgID, affected, maxShown)
	if err != nil {
		return p, true, err
	}
	for _, one := range withNewcomers(people, affected, tried.Newcomers) {
		made, isNew := tried.Newcomers[one.ID]
		c := Changed{Named: one, New: isNew, Coming: made.Coming}
		for _, d := range affected[one.ID].Differences {
			at := make([]Place, len(d.At))
			for i, on := range d.At {
				at[i] = Place{on.Type, Named{ID: on.ID}}
			}
			c.Differences = append(c.Differences, Difference{d, at})
		}
		p.Shown = append(p.Shown, c)
	}
	return p, true, s.namePlaces(ctx, p.Shown)
}

// namePlaces gives places their names; one that the actor may not see keeps its id alone (ADR 39).
func (s *Service) namePlaces(ctx context.Context, all []Changed) error {
	actor := access.ActorFrom(ctx)
	e, err := s.engines.Engine(ctx, actor.OrgID)
	if err != nil {
		return fmt.Errorf("get the engine: %w", err)
	}
	now, wanted := store.Now(), map[kind]map[string][]*Named{}
	for _, c := range all {
		for _, d := range c.Differences {
			for i := range d.At {
				k, n := kindOf(d.At[i].Type), &d.At[i].Named
				if !resource.Seen(e, now, actor.ID, actor.Ceiling, engine.Target{Type: d.At[i].Type, ID: n.ID}) {
					continue
				}
				if wanted[k] == nil {
					wanted[k] = map[string][]*Named{}
				}
				wanted[k][n.ID] = append(wanted[k][n.ID], n)
			}
		}
	}
	for k, ids := range wanted {
		err := names(ctx, s.db.Read(), actor.OrgID, k, ids, func(id, name string) {
			for _, n := range ids[id] {
				n.Name = name
			}
		})
		if err != nil {
			return fmt.Errorf("name where access changes: %w", err)
		}
	}
	return nil
}

// withNewcomers puts those whom a change makes among those who are there, as far as there is room. Their names are those of the change.
func withNewcomers(people []Named, affected map[string]engine.Affected, made map[string]access.Newcomer) []Named {
	for id := range affected {
		if one, ok := made[id]; ok {
			people = append(people, Named{ID: id, Name: one.Name})
		}
	}
	slices.SortStableFunc(people, func(x, y Named) int {
		return cmp.Or(cmp.Compare(strings.ToLower(x.Name), strings.ToLower(y.Name)), cmp.Compare(x.ID, y.ID))
	})
	return people[:min(len(people), maxShown)]
}

// firstByName are the first of some technicians in order of name. Who is only about to come is not among them.
func firstByName(ctx context.Context, q store.Querier, org string, of map[string]engine.Affected, most int) ([]Named, error) {
	may := make(map[string]bool, len(of))
	for id := range of {
		may[id] = true
	}
	people, _, err := peopleAmong(ctx, q, org, may, store.Page{Limit: most})
	return people, err
}
