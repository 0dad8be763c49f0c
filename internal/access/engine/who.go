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
	var found []ID
	for _, who := range e.concerned(now, n, want) {
		v := e.weigh(now, who, n, want, nil)
		if outcome, _ := v.of(want); outcome == Allow {
			found = append(found, e.subject[who].id)
		}
	}
	slices.SortFunc(found, func(a, b ID) int { return slices.Compare(a[:], b[:]) })
	return found
}

// concerned are those to whom something gives a permission on a node; whether it counts is another question.
func (s *state) concerned(now int64, n int32, want perm.Bits) (out []int32) {
	s.above(n, func(at int32) {
		if !s.nodes[at].ruled {
			return
		}
		for i, r := range s.rules[at] {
			if r.role == denying || r.span != 0 && !s.spans[r.span].holds(now) {
				continue
			}
			if bits, _ := s.bits(&s.rules[at][i], at); !bits.Any(want) {
				continue
			}
			if s.subject[r.subject].kind == team {
				out = append(out, s.subject[r.subject].with...)
			} else {
				out = append(out, r.subject)
			}
		}
	})
	owner := s.owner(n)
	var defaults perm.Bits
	if owner != none {
		defaults = s.defaults.Or(s.customers[owner].defaults)
	}
	for i := range s.subject {
		t := &s.subject[i]
		if t.kind == technician && (t.owner || t.role.Base().Or(defaults).Any(want)) {
			out = append(out, int32(i))
		}
	}
	return distinct(out)
}
