package engine

import (
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// As is a technician as their session knows them: signed in a moment ago, so there and active, with the role that they have now. Whoever is known
// here as inactive stays so.
type As struct {
	ID     string
	Role   perm.Role
	Owner  bool
	Coming bool   // asks what an invited or inactive person would hold if they were active
	Own    string // the platform role of the organization that somebody has who is not known here yet
}

// as is the asker of a session. What their teams, customers and rules are is known here alone; somebody unknown has none.
func (s *state) as(a As) asker {
	t := s.technician(a.ID)
	if t.subject != nil && t.owner == a.Owner && t.role == a.Role && !a.Coming {
		return t
	}
	copied := subject{kind: technician, active: true}
	if t.subject != nil {
		copied = *t.subject
	} else if own, ok := parse(a.Own); ok {
		copied.own = own
	}
	copied.owner, copied.role, copied.reach = a.Owner, a.Role, s.reachOf(a.Role, copied.own)
	copied.active = copied.active || a.Coming
	return asker{&copied, t.number}
}

// CheckAs is Check for somebody who is signed in. It also says why not.
func (e *Engine) CheckAs(at time.Time, a As, p perm.Permission, on Target) (Outcome, Reason) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	want := perm.BitsOf(p)
	v := e.weigh(at.UnixNano(), e.as(a), e.find(on), want, nil)
	return v.of(want)
}

// Assigned says whether a customer is there and is theirs, by their role, directly or by way of a team (ACC-9).
func (e *Engine) Assigned(a As, customerID string) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t, n := e.as(a), e.find(Target{Customer, customerID})
	return n != none && t.active && !e.suspended && (t.owner || t.reach.everywhere || e.assigned(t, n))
}

// Holds says whether somebody may have a permission on anything at all, with or without an approval: what nothing gives them, or is denied to them
// as a whole, they have nowhere. Where exactly they have it is settled by Check.
func (e *Engine) Holds(at time.Time, a As, p perm.Permission) bool {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.holds(at.UnixNano(), e.as(a), perm.BitsOf(p))
}

func (s *state) holds(now int64, t asker, want perm.Bits) bool {
	switch {
	case !t.active || s.suspended || want == (perm.Bits{}):
		return false
	case t.owner:
		return true
	case !t.reach.ceiling.Any(want):
		return false
	}
	found := sum{at: now, want: want}
	for n := range int32(unknown) {
		if fits[n].Any(want) {
			s.look(&found, t, n)
		}
	}
	if found.denied.Spread().Any(want) {
		return false
	}
	if t.reach.base.Any(want) || found.allowed.Any(want) || s.defaults.Any(want) {
		return true
	}
	customers, places := s.belongings(t)
	return slices.ContainsFunc(customers, func(n int32) bool { return s.customers[n].defaults.Any(want) }) ||
		slices.ContainsFunc(places, func(n int32) bool {
			found := sum{at: now, want: want}
			s.look(&found, t, n)
			return found.allowed.Any(want)
		})
}

// belongings are the customers that are assigned to a technician and the places where rules of theirs are, also by way of teams, each once.
func (s *state) belongings(t asker) (customers, places []int32) {
	places = slices.Clone(t.held)
	if t.reach.direct {
		customers = slices.Clone(t.customers)
	}
	for _, team := range t.with {
		if t.reach.teams {
			customers = append(customers, s.subject[team].customers...)
		}
		places = append(places, s.subject[team].held...)
	}
	return distinct(customers), distinct(places)
}

// Reach is a set of customers.
type Reach struct {
	All    bool // but for Except
	Except []ID
	Only   []ID // unless All
}

// CustomersAs are the customers on which somebody holds a permission without an approval. It is Check of every customer.
func (e *Engine) CustomersAs(at time.Time, a As, p perm.Permission) (r Reach) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t, want, now := e.as(a), perm.BitsOf(p), at.UnixNano()
	if !t.active || e.suspended || want == (perm.Bits{}) {
		return r
	}
	if t.owner {
		return Reach{All: true}
	}
	customers, places := e.belongings(t)
	if t.reach.everywhere {
		r.All = true
		if e.plainly(t, now, places, want) {
			return r
		}
		customers = e.branches
	}
	for _, n := range customers {
		if e.nodes[n].kind != customerNode {
			continue
		}
		v := e.weigh(now, t, n, want, nil)
		outcome, _ := v.of(want)
		switch {
		case r.All && outcome != Allow:
			r.Except = append(r.Except, e.nodes[n].id)
		case !r.All && outcome == Allow:
			r.Only = append(r.Only, e.nodes[n].id)
		}
	}
	return r
}

// AssignedTo are the customers that are somebody's, by their role, directly or by way of a team (ACC-9).
func (e *Engine) AssignedTo(a As) (r Reach) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t := e.as(a)
	if !t.active || e.suspended {
		return r
	}
	if t.owner || t.reach.everywhere {
		return Reach{All: true}
	}
	customers, _ := e.belongings(t)
	for _, n := range customers {
		if e.nodes[n].kind == customerNode {
			r.Only = append(r.Only, e.nodes[n].id)
		}
	}
	return r
}

// plainly says whether the role of somebody who has every customer gives them a permission and nothing that is theirs takes it away.
func (s *state) plainly(t asker, now int64, places []int32, want perm.Bits) bool {
	if !t.reach.unasked || !t.reach.base.Any(want) {
		return false
	}
	return !slices.ContainsFunc(places, func(n int32) bool {
		found := sum{at: now, want: want}
		s.look(&found, t, n)
		return found.denied.Spread().Any(want)
	})
}

// DevicesAs are the devices on which somebody holds a permission without an approval, if there are at most limit of them; else the answer is only
// that there are more.
func (e *Engine) DevicesAs(at time.Time, a As, p perm.Permission, limit int) (ids []ID, more bool) {
	e.arranged()
	defer e.mu.RUnlock()
	t, want := e.as(a), perm.BitsOf(p)
	if !t.active || e.suspended || want == (perm.Bits{}) {
		return nil, false
	}
	if _, places := e.belongings(t); t.owner || t.reach.everywhere && e.plainly(t, at.UnixNano(), places, want) {
		n := 0
		for _, in := range e.inside {
			n += len(in.ids)
		}
		if n > limit {
			return nil, true
		}
	}
	if ids = e.appendDevices(nil, at.UnixNano(), t, want); len(ids) > limit {
		return nil, true
	}
	return ids, false
}

// ExplainAs is Explain for somebody who is signed in.
func (e *Engine) ExplainAs(at time.Time, a As, p perm.Permission, on Target) Decision {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.explain(at.UnixNano(), e.as(a), p, on)
}
