package engine

import (
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Lacks returns the first of some permissions that somebody does not hold on the whole of a scope, and so cannot give on (ACC-12); "" if they hold
// all of them. What takes an approval from everybody is held: it takes one from whoever gets it too. What takes one only because a role says so is held for
// what is given asking, by a role that says so as well: given otherwise it would be free (D-9). What is denied to them anywhere below is not held.
func (e *Engine) Lacks(at time.Time, a As, what, asking []perm.Permission, on Target) perm.Permission {
	e.arranged()
	defer e.mu.RUnlock()
	t, n, now, marking := e.as(a), e.find(on), at.UnixNano(), perm.BitsOf(asking...)
	_, places := e.belongings(t)
	for _, p := range what {
		want := perm.BitsOf(p)
		v := e.weigh(now, t, n, want, nil)
		if outcome, _ := v.of(want); outcome == Deny || v.marked.Without(marking).Any(want) {
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
// it; "" if there is none. A technician's are also those of their teams, and what a platform role that the organization made gives them. With denied it is about what overrides take away instead: who ends that gives it.
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
		if !denied && e.subject[n].own != (ID{}) {
			if beyond := e.beyond(now, t, e.subject[n].reach); beyond != "" {
				return beyond
			}
		}
		givers = append(givers, e.subject[n].with...)
	}
	for _, giver := range givers {
		for _, place := range distinct(slices.Clone(e.subject[giver].held)) {
			given, free := e.given(giver, place, now, denied)
			v := e.weigh(now, t, place, given, nil)
			for p := range given.Places() {
				if outcome, _ := v.of(perm.BitAt(p)); outcome == Deny || v.marked.And(free).Any(perm.BitAt(p)) {
					return perm.BitAt(p).Permissions()[0]
				}
			}
		}
	}
	return ""
}

// beyond returns the first permission of a platform role that somebody holds nowhere; what shows customers if it reaches all of them and they do not.
func (s *state) beyond(now int64, t asker, role reach) perm.Permission {
	for p := range role.base.Places() {
		if want := perm.BitAt(p); !s.holds(now, t, want) {
			return want.Permissions()[0]
		}
	}
	if role.everywhere && !t.reach.everywhere {
		return perm.CustomerView
	}
	return ""
}

// given are the permissions that the rules of one technician or team allow at a place, or deny there, now or later; free are those of the allowed that
// take no approval of their own.
func (s *state) given(by, place int32, now int64, denied bool) (out, free perm.Bits) {
	for i := range s.rules[s.nodes[place].rules] {
		r := &s.rules[s.nodes[place].rules][i]
		if r.subject == by && (r.role == denying) == denied && (r.span == 0 || s.spans[r.span].to > now) {
			bits, sensitive := s.bits(r, place)
			out, free = out.Or(bits), free.Or(bits.Without(sensitive))
		}
	}
	if denied {
		return out.Spread(), perm.Bits{} // with the sight of a device goes, and comes back, all that is done with it
	}
	return out, free
}

// Gains returns the first of some permissions that somebody would get on a thing by moving it, since they hold it where it goes and not where it is, or
// without the approval that it takes where it is; "" if there is none.
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
		if had == Deny && gets != Deny || had == NeedsApproval && gets == Allow {
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
