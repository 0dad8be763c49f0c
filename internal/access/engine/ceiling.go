package engine

import (
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Lacks returns the first of some permissions that somebody does not hold on the whole of a scope, and so cannot give on (ACC-12); "" if they hold
// all of them. What takes an approval is held: it takes one from whoever gets it too. What is denied to them anywhere below is not.
func (e *Engine) Lacks(at time.Time, a As, what []perm.Permission, on Target) perm.Permission {
	e.arranged()
	defer e.mu.RUnlock()
	t, n, now := e.as(a), e.find(on), at.UnixNano()
	_, places := e.belongings(t)
	for _, p := range what {
		want := perm.BitsOf(p)
		v := e.weigh(now, t, n, want, nil)
		if outcome, _ := v.of(want); outcome == Deny {
			return p
		}
		if t.owner {
			continue
		}
		for _, place := range places {
			found := sum{at: now, want: want}
			e.look(&found, t, place)
			if found.denied.Spread().Any(want) && e.within(place, n) {
				return p
			}
		}
	}
	return ""
}

// Exceeds returns the first permission that grants and overrides give to a technician or team, now or later, on something where somebody does not hold
// it; "" if there is none. A technician's are also those of their teams. With denied it is about what overrides take away instead: who ends that gives it.
func (e *Engine) Exceeds(at time.Time, a As, subjectID string, denied bool) perm.Permission {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t, now := e.as(a), at.UnixNano()
	k, _ := parse(subjectID)
	n, ok := e.people[k]
	if !ok || t.owner {
		return ""
	}
	givers := []int32{n}
	if e.subject[n].kind == technician {
		givers = append(givers, e.subject[n].with...)
	}
	for _, giver := range givers {
		for _, place := range distinct(slices.Clone(e.subject[giver].held)) {
			given := e.given(giver, place, now, denied)
			v := e.weigh(now, t, place, given, nil)
			for p := range given.Places() {
				if outcome, _ := v.of(perm.BitAt(p)); outcome == Deny {
					return perm.BitAt(p).Permissions()[0]
				}
			}
		}
	}
	return ""
}

// given are the permissions that the rules of one technician or team allow at a place, or deny there, now or later.
func (s *state) given(by, place int32, now int64, denied bool) (out perm.Bits) {
	for i := range s.rules[s.nodes[place].rules] {
		r := &s.rules[s.nodes[place].rules][i]
		if r.subject == by && (r.role == denying) == denied && (r.span == 0 || s.spans[r.span].to > now) {
			bits, _ := s.bits(r, place)
			out = out.Or(bits)
		}
	}
	if denied {
		return out.Spread() // with the sight of a device goes, and comes back, all that is done with it
	}
	return out
}

// Gains returns the first of some permissions that somebody would get on a thing by moving it, since they hold it where it goes and not where it is;
// "" if there is none.
func (e *Engine) Gains(at time.Time, a As, what []perm.Permission, moved, to Target) perm.Permission {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t, from, there, now := e.as(a), e.find(moved), e.find(to), at.UnixNano()
	for _, p := range what {
		want := perm.BitsOf(p)
		before := e.weigh(now, t, from, want, nil)
		after := e.weigh(now, t, there, want, nil)
		had, _ := before.of(want)
		gets, _ := after.of(want)
		if had == Deny && gets != Deny {
			return p
		}
	}
	return ""
}

// within says whether a place is in a scope. Where the tree is broken, everything is.
func (s *state) within(place, scope int32) bool {
	if place == scope || scope == int32(allDevices) || scope == int32(allCustomers) || s.tangled {
		return true
	}
	if s.nodes[place].kind <= unknown || s.nodes[scope].kind <= unknown {
		return false
	}
	if s.nodes[scope].kind == device {
		return false
	}
	if s.nodes[place].kind == device {
		place = s.holder(place)
	}
	return s.first[scope] <= s.first[place] && s.first[place] < s.past[scope]
}
