package engine

import (
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Who are all technicians who may do p to a target at a time, without an approval, in order of id. It is Check of every technician, asked of those
// alone who have anything to do with the target.
func (e *Engine) Who(at time.Time, p perm.Permission, on Target) []ID {
	e.mu.RLock()
	defer e.mu.RUnlock()
	n, want, now := e.find(on), perm.BitsOf(p), at.UnixNano()
	if n == none || e.suspended {
		return nil
	}
	concerned, plain := e.concerned(now, n, want)
	owner := e.owner(n)
	found := make([]ID, 0, len(concerned))
	for _, who := range concerned {
		t := asker{&e.subject[who], who}
		if plain && !t.owner { // something gives it, nothing denies it, nobody has to approve it
			inScope := owner == none || t.reach.everywhere || e.assigned(t, owner)
			if t.active && inScope && t.reach.ceiling.Any(want) {
				found = append(found, t.id)
			}
			continue
		}
		v := e.weigh(now, t, n, want, nil)
		if outcome, _ := v.of(want); outcome == Allow {
			found = append(found, t.id)
		}
	}
	slices.SortFunc(found, func(a, b ID) int { return slices.Compare(a[:], b[:]) })
	return found
}

// concerned are those to whom something gives a permission on a node, in order of number. It is plain if nothing on the way denies it to anybody
// and nothing makes it sensitive.
func (s *state) concerned(now int64, n int32, want perm.Bits) (out []int32, plain bool) {
	owner := s.owner(n)
	plain = !s.sensitiveAt(owner).Any(want)
	var room usual
	for _, at := range s.above(n, room[:0]) {
		rules := s.rules[s.nodes[at].rules]
		for i := range rules {
			r := &rules[i]
			if r.span != 0 && !s.spans[r.span].holds(now) {
				continue
			}
			bits, sensitive := s.bits(r, at)
			if r.role == denying {
				plain = plain && !bits.Spread().Any(want)
				continue
			}
			if !bits.Any(want) {
				continue
			}
			plain = plain && !sensitive.Any(want)
			if s.subject[r.subject].kind == team {
				out = append(out, s.subject[r.subject].with...)
			} else {
				out = append(out, r.subject)
			}
		}
	}
	var defaults perm.Bits
	if owner != none {
		defaults = s.defaults.Or(s.customers[owner].defaults)
	}
	for _, alike := range s.posts {
		t := &s.subject[alike[0]]
		if t.owner || owner == none && t.reach.sections.Any(want) || (owner != none || t.reach.everywhere) && t.reach.base.Or(defaults).Any(want) {
			out = append(out, alike...)
		}
	}
	return distinct(out), plain
}
