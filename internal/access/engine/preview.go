package engine

import (
	"cmp"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Effect is what a change would do to what people may do (ACC-18).
type Effect struct {
	People []Affected // who gains or loses anything, in order of id
}

// Affected is what a change would do to one technician.
type Affected struct {
	Technician  ID
	Differences []Difference
}

// Difference is what changes in the same way on some targets. Gained and lost are what was not held, or is not held any longer, with or without an approval.
type Difference struct {
	Gained []perm.Permission
	Lost   []perm.Permission
	Asking []perm.Permission // held as before, and takes an approval from then on
	Freed  []perm.Permission // held as before, and takes none any longer

	Devices   int64 // on which it does; also 0, of a group or customer without any
	Customers int64
	Sections  []Type   // Organization, QuickSupport
	At        []Target // customers, groups and devices where it does, each with what is below it; at most maxAt
	More      bool     // there are more of those
	Loose     bool     // it does on devices of no customer
}

// maxAt is how many places a Difference names.
const maxAt = 20

// Preview is what a change would do at a time to what everybody may do. The engine stays as it is.
func (e *Engine) Preview(at time.Time, change func(*Writer)) Effect {
	e.arranged()
	after := e.copied()
	p := &preview{at: at.UnixNano(), old: &e.state, now: &after}
	change(&Writer{&after})
	if after.stale {
		after.arrange()
	}
	p.prepare()
	var out Effect
	for n := range after.subject {
		if a, ok := p.of(int32(n)); ok {
			out.People = append(out.People, a)
		}
	}
	e.mu.RUnlock()
	slices.SortFunc(out.People, func(a, b Affected) int { return slices.Compare(a.Technician[:], b.Technician[:]) })
	return out
}

// preview compares two states for one technician after another. The places at which anything can differ for a technician cut the tree into parts; within a
// part, every target has the same answer, before as after.
type preview struct {
	at       int64
	old, now *state

	tangled   bool           // nothing is known about what is below what
	everybody bool           // something changed that holds for everybody
	changed   map[int32]bool // subjects whose rules, roles, customers or membership changed
	moved     []int32        // places that changed
	flavors   []int32        // by node: which customers are alike
	clients   []int32        // all customers, before or after
	asked     map[int32][]int32
	counts    []int64 // of devices before each position of the tree's order, after the change
}

func (p *preview) prepare() {
	a, b := p.old, p.now
	p.changed, p.asked = map[int32]bool{}, map[int32][]int32{}
	p.everybody = a.suspended != b.suspended || a.sensitive != b.sensitive || a.defaults != b.defaults
	p.counts = b.counts()
	p.placesThatMoved()
	p.rulesThatChanged()
	for n := range b.subject {
		if n >= len(a.subject) || !a.subject[n].alike(&b.subject[n]) {
			p.mark(int32(n))
		}
	}
	for _, s := range []*state{a, b} {
		for k := range s.approvals {
			p.asked[k.technician] = append(p.asked[k.technician], k.node)
		}
	}
	for k, span := range a.approvals {
		if b.approvals[k] != span {
			p.mark(k.technician)
		}
	}
	for k := range b.approvals {
		if _, ok := a.approvals[k]; !ok {
			p.mark(k.technician)
		}
	}
}

// mark notes that something of a technician or team changed, and so for a team's members.
func (p *preview) mark(n int32) {
	p.changed[n] = true
	for _, s := range []*state{p.old, p.now} {
		if int(n) < len(s.subject) && s.subject[n].kind == team {
			for _, member := range s.subject[n].with {
				p.changed[member] = true
			}
		}
	}
}

func (s *subject) alike(o *subject) bool {
	return s.kind == o.kind && s.active == o.active && s.owner == o.owner && s.role == o.role && s.reach == o.reach &&
		slices.Equal(s.with, o.with) && slices.Equal(s.customers, o.customers)
}

// placesThatMoved finds the places whose kind or standing changed, and which customers are alike.
func (p *preview) placesThatMoved() {
	a, b := p.old, p.now
	type flavor struct{ before, after customer }
	numbers := map[flavor]int32{}
	p.flavors = make([]int32, len(b.nodes))
	for n := range b.nodes {
		fresh := n >= len(a.nodes)
		at := &b.nodes[n]
		if fresh || a.nodes[n].kind != at.kind || a.nodes[n].parent != at.parent || a.owner(int32(n)) != b.owner(int32(n)) {
			p.moved = append(p.moved, int32(n))
		}
		if at.kind != customerNode && (fresh || a.nodes[n].kind != customerNode) {
			continue
		}
		p.clients = append(p.clients, int32(n))
		f := flavor{a.customers[int32(n)], b.customers[int32(n)]}
		p.everybody = p.everybody || f.before != f.after
		number, ok := numbers[f]
		if !ok {
			number = int32(len(numbers))
			numbers[f] = number
		}
		p.flavors[n] = number
	}
	p.everybody = p.everybody || len(p.moved) > 0
	p.tangled = a.tangled || b.tangled
	for n := range b.nodes {
		if p.tangled || n < len(a.nodes) && p.orphaned(int32(n)) {
			p.moved = append(p.moved, int32(n))
		}
	}
}

// orphaned says whether a place belonged to a customer who is no more.
func (p *preview) orphaned(n int32) bool {
	owner := p.old.owner(n)
	return owner != none && p.old.nodes[owner].kind == customerNode && p.now.nodes[owner].kind != customerNode
}

// rulesThatChanged marks those whose grants or overrides are other ones, or give something else.
func (p *preview) rulesThatChanged() {
	a, b := p.old, p.now
	roles := map[int32]bool{}
	for n := range b.role {
		if n >= len(a.role) || a.role[n] != b.role[n] {
			roles[int32(n)] = true
		}
	}
	for n := range b.nodes {
		var before []rule
		if n < len(a.nodes) {
			before = a.rules[a.nodes[n].rules]
		}
		after := b.rules[b.nodes[n].rules]
		for _, list := range [2][]rule{before, after} {
			other := &after
			if len(list) > 0 && len(after) > 0 && &list[0] == &after[0] {
				other = &before
			}
			for i := range list {
				if r := &list[i]; roles[r.role] || p.other(r, *other) {
					p.mark(r.subject)
				}
			}
		}
	}
}

// other says whether a rule is not the same in a list.
func (p *preview) other(r *rule, list []rule) bool {
	i, found := slices.BinarySearchFunc(list, *r, byName)
	return !found || list[i] != *r
}

// of compares what one technician may do.
func (p *preview) of(n int32) (out Affected, ok bool) {
	if p.now.subject[n].kind != technician && (int(n) >= len(p.old.subject) || p.old.subject[n].kind != technician) || !p.everybody && !p.changed[n] {
		return out, false
	}
	before, after := p.old.asker(n), p.now.asker(n)
	if before.subject != nil && after.subject != nil && before.owner && after.owner && before.active == after.active && p.old.suspended == p.now.suspended && len(p.moved) == 0 {
		return out, false
	}
	sums := map[weighed]*Difference{}
	for _, t := range p.parts(n, before, after) {
		p.weigh(sums, before, after, t)
	}
	for _, whole := range [...]nodeKind{organization, quickSupport} {
		if d := p.differ(before, after, int32(whole), fits[whole]); d != (weighed{}) {
			sum := d.sum(sums)
			sum.Sections = append(sum.Sections, [...]Type{organization: Organization, quickSupport: QuickSupport}[whole])
		}
	}
	if len(sums) == 0 {
		return out, false
	}
	out.Technician = p.now.subject[n].id
	for _, d := range sums {
		slices.SortFunc(d.At, func(a, b Target) int { return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.ID, b.ID)) })
		out.Differences = append(out.Differences, *d)
	}
	slices.SortFunc(out.Differences, func(a, b Difference) int {
		return cmp.Or(cmp.Compare(b.Devices, a.Devices), cmp.Compare(b.Customers, a.Customers),
			slices.Compare(a.Lost, b.Lost), slices.Compare(a.Gained, b.Gained), slices.Compare(a.Asking, b.Asking), slices.Compare(a.Freed, b.Freed))
	})
	return out, true
}

// asker is the technician of a number; without a subject if there is none.
func (s *state) asker(n int32) asker {
	if int(n) < len(s.subject) && s.subject[n].kind == technician {
		return asker{&s.subject[n], n}
	}
	return asker{nil, n}
}

func (t asker) everywhere() bool { return t.subject != nil && (t.owner || t.reach.everywhere) }
