package authzen

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource"
	"countersign.dev/countersign/internal/id"
)

// Subjects are the technicians who may do something to a resource, without an approval.
func (s *Service) Subjects(ctx context.Context, q Question, part Part) ([]string, bool, error) {
	if !s.mayAskAll(ctx) {
		return nil, false, errOthers
	}
	if q.Subject.Type != Technician {
		return nil, false, nil
	}
	on, err := s.target(ctx, q.Resource)
	if err != nil {
		return nil, false, err
	}
	e, err := s.engine(ctx)
	if err != nil {
		return nil, false, err
	}
	p, actor := perm.Permission(q.Action.Name), access.ActorFrom(ctx)
	found := e.Who(now(), p, on)
	if actor.Ceiling != nil && !actor.Ceiling[p] {
		found = slices.DeleteFunc(found, func(k engine.ID) bool { return k.String() == actor.ID }) // as Evaluate says of them
	}
	return smallest(found, part)
}

// Resources are the things of a type to which the subject may do something, without an approval.
func (s *Service) Resources(ctx context.Context, q Question, part Part) ([]string, bool, error) {
	who, err := s.about(ctx, q.Subject)
	if err != nil {
		return nil, false, err
	}
	e, err := s.engine(ctx)
	if err != nil {
		return nil, false, err
	}
	f := &finding{s: s, e: e, org: access.ActorFrom(ctx).OrgID, who: who, p: perm.Permission(q.Action.Name)}
	if who.id == "" || who.beyond(f.p) {
		return nil, false, nil
	}
	switch q.Resource.Type {
	case string(engine.Device):
		return smallest(e.Devices(now(), who.id, f.p), part)
	case string(engine.DeviceGroup):
		return f.each(ctx, engine.DeviceGroup, part)
	case string(engine.Customer):
		return f.each(ctx, engine.Customer, part)
	case resource.Contact, resource.Ticket:
		return f.records(ctx, q.Resource.Type, part)
	case resource.Section:
		var ids []string
		if f.may(engine.Target{Type: engine.QuickSupport}) {
			ids = append(ids, resource.QuickSupport)
		}
		if f.may(engine.Target{Type: engine.Organization}) {
			ids = append(ids, resource.Team)
		}
		return after(ids, part)
	case string(engine.Organization):
		if f.may(engine.Target{Type: engine.Organization}) {
			return after([]string{f.org}, part)
		}
	}
	return nil, false, nil
}

// Actions are what the subject may do to a resource, without an approval.
func (s *Service) Actions(ctx context.Context, q Question, part Part) ([]string, bool, error) {
	who, err := s.about(ctx, q.Subject)
	if err != nil {
		return nil, false, err
	}
	on, err := s.target(ctx, q.Resource)
	if err != nil {
		return nil, false, err
	}
	e, err := s.engine(ctx)
	if err != nil {
		return nil, false, err
	}
	var names []string
	for _, p := range e.Permissions(now(), who.id, on) {
		if !who.beyond(p) {
			names = append(names, string(p))
		}
	}
	slices.Sort(names)
	return after(names, part)
}

// finding is one search for resources.
type finding struct {
	s   *Service
	e   *engine.Engine
	org string
	who asked
	p   perm.Permission
}

func (f *finding) may(on engine.Target) bool {
	return f.e.Check(now(), f.who.id, f.p, on) == engine.Allow
}

// chunk is how many rows are read at once.
const chunk = 2_000

// each asks about every group or customer in order of id.
func (f *finding) each(ctx context.Context, kind engine.Type, part Part) (ids []string, more bool, err error) {
	err = f.scan(ctx, part, func(ctx context.Context, last string) (rows []row, err error) {
		return placesAfter(ctx, f.s.db.Read(), f.org, kind, last, chunk)
	}, func(r row) bool {
		if f.may(engine.Target{Type: kind, ID: r.id}) {
			ids = append(ids, r.id)
		}
		return len(ids) <= part.Limit
	})
	return cut(ids, part.Limit, err)
}

// few customers are named in the query.
const few = 200

// records are contacts or tickets, which follow their customers.
func (f *finding) records(ctx context.Context, kind string, part Part) (ids []string, more bool, err error) {
	customers, _, err := f.each(ctx, engine.Customer, Part{Limit: few})
	if err != nil || len(customers) == 0 {
		return nil, false, err
	}
	if len(customers) == few {
		customers = nil
	}
	known := map[string]bool{}
	err = f.scan(ctx, part, func(ctx context.Context, last string) (rows []row, err error) {
		return recordsAfter(ctx, f.s.db.Read(), f.org, kind, customers, last, chunk)
	}, func(r row) bool {
		may, ok := known[r.customer]
		if !ok {
			may = f.may(engine.Target{Type: engine.Customer, ID: r.customer})
			known[r.customer] = may
		}
		if may {
			ids = append(ids, r.id)
		}
		return len(ids) <= part.Limit
	})
	return cut(ids, part.Limit, err)
}

// scan reads rows in order of id until see has enough.
func (f *finding) scan(ctx context.Context, part Part, read func(ctx context.Context, last string) ([]row, error), see func(row) bool) error {
	if part.After != "" && !id.Valid(part.After) {
		return errToken
	}
	for last := part.After; ; {
		rows, err := read(ctx, last)
		if err != nil {
			return fmt.Errorf("search for resources: %w", err)
		}
		for _, r := range rows {
			if last = r.id; !see(r) {
				return nil
			}
		}
		if len(rows) < chunk {
			return nil
		}
	}
}

func cut(ids []string, limit int, err error) ([]string, bool, error) {
	if err != nil {
		return nil, false, err
	}
	if len(ids) > limit {
		return ids[:limit], true, nil
	}
	return ids, false, nil
}

// after is a part of a short list in order.
func after(names []string, part Part) ([]string, bool, error) {
	i, found := slices.BinarySearch(names, part.After)
	if found {
		i++
	}
	return cut(names[i:], part.Limit, nil)
}

// smallest is a part of a long list in no order: it sorts no more than it has to.
func smallest(all []engine.ID, part Part) ([]string, bool, error) {
	begin, n := engine.ID{}, part.Limit+1
	if part.After != "" {
		k, err := uuid.Parse(part.After)
		if err != nil || k.String() != part.After {
			return nil, false, errToken
		}
		begin = engine.ID(k)
	}
	kept, bounded, bound := make([]engine.ID, 0, min(len(all), 2*n)), false, engine.ID{}
	sort := func() {
		slices.SortFunc(kept, func(a, b engine.ID) int { return bytes.Compare(a[:], b[:]) })
		kept = kept[:min(len(kept), n)]
	}
	for _, k := range all {
		if part.After != "" && bytes.Compare(k[:], begin[:]) <= 0 || bounded && bytes.Compare(k[:], bound[:]) >= 0 {
			continue
		}
		if kept = append(kept, k); len(kept) == 2*n {
			sort()
			bounded, bound = true, kept[n-1]
		}
	}
	sort()
	ids := make([]string, len(kept))
	for i, k := range kept {
		ids[i] = k.String()
	}
	return cut(ids, part.Limit, nil)
}
