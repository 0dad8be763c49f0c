package engine

import (
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// With is another engine, which knows what this one does and a change on top. Neither sees what is written into the other later.
func (e *Engine) With(change func(*Writer)) *Engine {
	e.mu.RLock()
	after := e.copied()
	e.mu.RUnlock()
	other := &Engine{state: after}
	other.Write(change)
	return other
}

// Replay answers again what somebody was once told, and says why not. A target without a type asks whether they hold the permission anywhere, with or
// without an approval.
func (e *Engine) Replay(at time.Time, technicianID string, p perm.Permission, on Target) (Outcome, Reason) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	t, want, now := e.technician(technicianID), perm.BitsOf(p), at.UnixNano()
	if on.Type != "" {
		v := e.weigh(now, t, e.find(on), want, nil)
		return v.of(want)
	}
	switch {
	case t.subject == nil || !t.active || e.suspended:
		return Deny, SubjectInactive
	case !e.holds(now, t, want):
		return Deny, NoGrant
	}
	return Allow, ""
}

// Given is a role that somebody was given, themselves or by way of a team.
type Given struct {
	Role  ID
	Gives perm.Bits // of the role, what it gives where it was given, as far as their platform role lets them have it
	Since time.Time // when it was first given, of what counts now; zero if the id of the grant does not say
}

// Given are the roles that a technician has at a time, each once, in order of id. Somebody inactive has none.
func (e *Engine) Given(at time.Time, technicianID string) []Given {
	e.mu.RLock()
	defer e.mu.RUnlock()
	return e.rolesOf(at.UnixNano(), e.technician(technicianID))
}

// EachGiven calls fn with every active technician who has a role.
func (e *Engine) EachGiven(at time.Time, fn func(technician ID, roles []Given)) {
	e.mu.RLock()
	defer e.mu.RUnlock()
	for n := range e.subject {
		if t := e.asker(int32(n)); t.subject != nil {
			if roles := e.rolesOf(at.UnixNano(), t); len(roles) > 0 {
				fn(t.id, roles)
			}
		}
	}
}

func (s *state) rolesOf(at int64, t asker) []Given {
	if t.subject == nil || !t.active || s.suspended {
		return nil
	}
	found := map[int32]Given{}
	_, places := s.belongings(t)
	for _, n := range places {
		for _, r := range s.rules[s.nodes[n].rules] {
			if r.role < 0 || r.subject != t.number && !slices.Contains(t.with, r.subject) || r.span != 0 && !s.spans[r.span].holds(at) {
				continue
			}
			g, ok := found[r.role]
			bits, _ := s.bits(&r, n)
			g.Role, g.Gives = s.role[r.role].id, g.Gives.Or(bits.And(t.reach.ceiling))
			if since := r.id.made(); !ok || since.Before(g.Since) {
				g.Since = since
			}
			found[r.role] = g
		}
	}
	out := make([]Given, 0, len(found))
	for _, g := range found {
		out = append(out, g)
	}
	slices.SortFunc(out, func(a, b Given) int { return slices.Compare(a.Role[:], b.Role[:]) })
	return out
}

// made is when an id was made, if it says so: a UUIDv7 does (RFC 9562, 5.7).
func (k ID) made() (t time.Time) {
	if k[variant]&marks == named || k[6]>>4 != 7 {
		return t
	}
	var ms int64
	for _, b := range k[:6] {
		ms = ms<<8 | int64(b)
	}
	return time.UnixMilli(ms).UTC()
}
