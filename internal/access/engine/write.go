package engine

import (
	"cmp"
	"math"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Write changes what the engine knows. Everything that change does becomes visible at once.
func (e *Engine) Write(change func(*Writer)) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change(&Writer{&e.state})
}

// Writer changes what an engine knows, during a Write. To put something that is there replaces it; to drop something that is not does nothing.
// What is named before it is there is kept, and counts once it comes.
type Writer struct{ s *state }

// Org is what holds for a whole organization.
type Org struct {
	Suspended bool
	Sensitive []perm.Permission // what takes an approval
	Defaults  []perm.Permission // what everybody has on assigned customers (D-8)
}

// Person is a technician.
type Person struct {
	Active bool // activated, and of status active
	Owner  bool
	Role   perm.Role
	Own    string // the organization's own platform role that counts instead of what Role gives; "" for none
}

// Client is a customer.
type Client struct {
	Sensitive []perm.Permission // what takes an approval there
	Defaults  []perm.Permission // what everybody to whom it is assigned has there (D-8)
}

// Role is what a grant gives. Its permissions all have one purpose (ACC-2).
type Role struct {
	Permissions []perm.Permission
	Sensitive   []perm.Permission // of those, what takes an approval when given by this role (D-9)
}

// Times are when something holds, from From until just before Until; zero is open.
type Times struct{ From, Until time.Time }

// Grant gives a role to a technician or team on a scope.
type Grant struct {
	Subject string
	Role    string
	On      Target
	Times
}

// Override gives or takes one permission; all of them if Permission is "".
type Override struct {
	Subject    string
	Deny       bool
	Permission perm.Permission
	On         Target
	Times
}

// SetOrganization says what holds for the whole organization.
func (w *Writer) SetOrganization(o Org) {
	w.s.suspended, w.s.sensitive, w.s.defaults = o.Suspended, perm.BitsOf(o.Sensitive...), given(o.Defaults)
}

// PutTechnician adds or changes a technician.
func (w *Writer) PutTechnician(id string, p Person) {
	if n := w.subject(id); n != none {
		t := &w.s.subject[n]
		w.resign(n)
		t.kind, t.active, t.owner, t.role, t.own = technician, p.Active, p.Owner, p.Role, ownRole(p.Own)
		t.reach = w.s.reachOf(t.role, t.own)
		w.s.posts[t.post()] = append(w.s.posts[t.post()], n)
	}
}

// resign takes a technician from their post.
func (w *Writer) resign(n int32) {
	if t := &w.s.subject[n]; t.kind == technician {
		list := w.s.posts[t.post()]
		if i := slices.Index(list, n); len(list) > 1 {
			w.s.posts[t.post()] = slices.Delete(slices.Clone(list), i, i+1)
		} else {
			delete(w.s.posts, t.post())
		}
	}
}

// PutTeam adds a team.
func (w *Writer) PutTeam(id string) {
	if n := w.subject(id); n != none {
		w.resign(n)
		w.s.subject[n].kind = team
	}
}

// DropSubject removes a technician or team with its memberships, customers, grants and overrides.
func (w *Writer) DropSubject(id string) {
	n := w.subject(id)
	if n == none {
		return
	}
	t := &w.s.subject[n]
	for _, other := range t.with {
		o := &w.s.subject[other]
		o.with = without(o.with, n)
	}
	for _, at := range slices.Clone(t.held) {
		w.keep(at, func(r rule) bool { return r.subject != n })
	}
	for a := range w.s.approvals {
		if a.technician == n {
			delete(w.s.approvals, a)
		}
	}
	w.resign(n)
	w.s.subject[n] = subject{id: t.id}
}

// Join puts a technician into a team.
func (w *Writer) Join(teamID, technicianID string) {
	a, b := w.subject(teamID), w.subject(technicianID)
	if a == none || b == none {
		return
	}
	w.s.subject[a].with = with(w.s.subject[a].with, b)
	w.s.subject[b].with = with(w.s.subject[b].with, a)
}

// Leave takes a technician out of a team.
func (w *Writer) Leave(teamID, technicianID string) {
	a, b := w.subject(teamID), w.subject(technicianID)
	if a == none || b == none {
		return
	}
	w.s.subject[a].with = without(w.s.subject[a].with, b)
	w.s.subject[b].with = without(w.s.subject[b].with, a)
}

// Assign gives a technician or team a customer (ACC-9).
func (w *Writer) Assign(subjectID, customerID string) {
	if t, c := w.subject(subjectID), w.node(customerID); t != none && c != none {
		w.s.subject[t].customers = with(w.s.subject[t].customers, c)
	}
}

// Unassign takes a customer from a technician or team.
func (w *Writer) Unassign(subjectID, customerID string) {
	if t, c := w.subject(subjectID), w.node(customerID); t != none && c != none {
		w.s.subject[t].customers = without(w.s.subject[t].customers, c)
	}
}

// PutRole adds a role or changes what it gives.
func (w *Writer) PutRole(id string, r Role) {
	if n := w.roleNumber(id); n != none {
		given := &w.s.role[n]
		given.bits, given.sensitive = perm.BitsOf(r.Permissions...).Closed(), perm.BitsOf(r.Sensitive...)
	}
}

// DropRole removes a role and every grant of it. A role that gets its id again begins without any.
func (w *Writer) DropRole(id string) {
	n := w.roleNumber(id)
	if n == none {
		return
	}
	for at := range w.s.nodes {
		w.keep(int32(at), func(r rule) bool { return r.role != n })
	}
	w.s.role[n] = role{id: w.s.role[n].id}
}

// PutGrant adds a grant.
func (w *Writer) PutGrant(id string, g Grant) {
	if role := w.roleNumber(g.Role); role != none {
		w.put(id, g.Subject, g.On, g.Times, rule{role: role})
	}
}

// PutOverride adds an override.
func (w *Writer) PutOverride(id string, o Override) {
	r := rule{role: allowing, place: everything}
	if o.Deny {
		r.role = denying
	}
	if o.Permission != "" {
		place, ok := perm.Place(o.Permission)
		if !ok {
			return
		}
		r.place = int16(place)
	}
	w.put(id, o.Subject, o.On, o.Times, r)
}

// DropRule removes a grant or an override; on is where it was put.
func (w *Writer) DropRule(id string, on Target) {
	k, ok := parse(id)
	if at := w.place(on); ok && at != none {
		w.keep(at, func(r rule) bool { return r.id != k })
	}
}

func (w *Writer) put(id, subjectID string, on Target, times Times, r rule) {
	k, ok := parse(id)
	by, at := w.subject(subjectID), w.place(on)
	if !ok || by == none || at == none {
		return
	}
	r.id, r.subject = k, by
	if times != (Times{}) {
		r.span = int32(len(w.s.spans))
		w.s.spans = append(w.s.spans, times.span())
	}
	if w.s.nodes[at].rules == 0 {
		w.s.nodes[at].rules = int32(len(w.s.rules))
		w.s.rules = append(w.s.rules, nil)
	}
	rules := w.s.rules[w.s.nodes[at].rules]
	i, found := slices.BinarySearchFunc(rules, r, byName)
	if found {
		rules[i] = r
		return
	}
	w.s.rules[w.s.nodes[at].rules] = slices.Insert(slices.Clip(rules), i, r)
	w.s.subject[by].held = append(w.s.subject[by].held, at)
}

func byName(a, b rule) int {
	return cmp.Or(cmp.Compare(a.subject, b.subject), slices.Compare(a.id[:], b.id[:]))
}

// keep leaves the rules at a node that fit.
func (w *Writer) keep(at int32, fits func(rule) bool) {
	place := w.s.nodes[at].rules
	if place == 0 {
		return
	}
	rules := w.s.rules[place]
	left := rules[:0]
	for _, r := range rules {
		if fits(r) {
			left = append(left, r)
			continue
		}
		held := w.s.subject[r.subject].held
		if i := slices.Index(held, at); i >= 0 {
			held[i] = held[len(held)-1]
			w.s.subject[r.subject].held = held[:len(held)-1]
		}
	}
	w.s.rules[place] = left
}

func (t Times) span() span {
	s := span{math.MinInt64, math.MaxInt64}
	if !t.From.IsZero() {
		s.from = t.From.UnixNano()
	}
	if !t.Until.IsZero() {
		s.to = t.Until.UnixNano()
	}
	return s
}

func begin(from int64) (t time.Time) {
	if from != math.MinInt64 {
		t = time.Unix(0, from).UTC()
	}
	return t
}

func end(to int64) (t time.Time) {
	if to != math.MaxInt64 {
		t = time.Unix(0, to).UTC()
	}
	return t
}

// given are permissions that customers and organizations give: no others than those about customers and devices.
func given(ps []perm.Permission) perm.Bits {
	return perm.BitsOf(ps...).Closed().And(fits[customerNode])
}

// with is a sorted list and one more, without is it and one less. Both make a new list: the old one may be in somebody's hands.
func with(list []int32, n int32) []int32 {
	i, found := slices.BinarySearch(list, n)
	if found {
		return list
	}
	return slices.Insert(slices.Clip(list), i, n)
}

func without(list []int32, n int32) []int32 {
	i, found := slices.BinarySearch(list, n)
	if !found {
		return list
	}
	return slices.Delete(slices.Clone(list), i, i+1)
}
