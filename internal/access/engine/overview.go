package engine

import (
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Sum is one role, platform role or kind of override with how much there is of it: what is drawn of everybody at once. Only people who may act and rules
// that hold now are counted.
type Sum struct {
	By       Reason    // ByGrant, ByOverride, ByPlatformRole, ByOwner
	Role     ID        // of a grant; of a platform role, the organization's own
	Platform perm.Role // of ByPlatformRole
	Denies   bool
	People   int     // each once
	Direct   int     // of them, those who have it themselves
	Teams    []Share // that pass it on, in order of id
	Grants   int     // or overrides
	At       []Spread
}

// Share is a team's part in a Sum.
type Share struct {
	Team   ID
	Grants int
	People int
}

// Spread is on how many things of a type something holds; a whole is one.
type Spread struct {
	Type   Type
	Places int
}

// Overview adds up who has what: roles first, in order of id; with a permission those that are about it.
func (e *Engine) Overview(at time.Time, p perm.Permission) []Sum {
	e.mu.RLock()
	defer e.mu.RUnlock()
	if e.suspended {
		return nil
	}
	c := counter{state: &e.state, found: map[heading]*tally{}, want: perm.All()}
	if p != "" {
		c.want = perm.BitsOf(p)
	}
	for n := range e.nodes {
		for i := range e.rules[e.nodes[n].rules] {
			c.rule(at.UnixNano(), int32(n), &e.rules[e.nodes[n].rules][i])
		}
	}
	for i := range e.subject {
		if t := e.asker(int32(i)); t.subject != nil && t.active {
			c.platform(t)
		}
	}
	return c.sums()
}

// heading is what is added up together.
type heading struct {
	by     Reason
	role   ID
	like   perm.Role
	denies bool
}

type tally struct {
	people, direct map[int32]bool
	teams          map[int32]*Share
	grants         int
	at             [device + 1]map[int32]bool
}

type counter struct {
	*state

	want  perm.Bits
	found map[heading]*tally
}

func (c *counter) under(h heading) *tally {
	if c.found[h] == nil {
		c.found[h] = &tally{people: map[int32]bool{}, direct: map[int32]bool{}, teams: map[int32]*Share{}}
	}
	return c.found[h]
}

func (t *tally) place(kind nodeKind, n int32) {
	if t.at[kind] == nil {
		t.at[kind] = map[int32]bool{}
	}
	t.at[kind][n] = true
}

func (c *counter) rule(at int64, n int32, r *rule) {
	kind, by := c.nodes[n].kind, &c.subject[r.subject]
	bits, _ := c.bits(r, n)
	if r.role == denying {
		bits = bits.Spread()
	}
	if kind == unknown || by.kind == nobody || !bits.Any(c.want) || r.span != 0 && !c.spans[r.span].holds(at) {
		return
	}
	h := heading{by: ByOverride, denies: r.role == denying}
	if r.role >= 0 {
		h = heading{by: ByGrant, role: c.role[r.role].id}
	}
	t := c.under(h)
	t.grants++
	t.place(kind, n)
	if by.kind == technician {
		if by.active {
			t.people[r.subject], t.direct[r.subject] = true, true
		}
		return
	}
	share := t.teams[r.subject]
	if share == nil {
		share = &Share{Team: by.id}
		t.teams[r.subject] = share
		for _, m := range by.with {
			if s := &c.subject[m]; s.kind == technician && s.active {
				t.people[m] = true
				share.People++
			}
		}
	}
	share.Grants++
}

func (c *counter) platform(who asker) {
	h := heading{by: ByPlatformRole, role: who.own, like: who.role}
	if who.owner {
		h = heading{by: ByOwner}
	} else if !who.reach.base.Any(c.want) {
		return
	}
	t := c.under(h)
	t.people[who.number], t.direct[who.number] = true, true
	if who.everywhere() {
		t.place(allCustomers, int32(allCustomers))
		return
	}
	customers, _ := c.belongings(who)
	for _, n := range customers {
		if c.nodes[n].kind == customerNode {
			t.place(customerNode, n)
		}
	}
}

func (c *counter) sums() (out []Sum) {
	for h, t := range c.found {
		s := Sum{By: h.by, Role: h.role, Platform: h.like, Denies: h.denies, People: len(t.people), Direct: len(t.direct), Grants: t.grants}
		for _, share := range t.teams {
			s.Teams = append(s.Teams, *share)
		}
		slices.SortFunc(s.Teams, func(a, b Share) int { return slices.Compare(a.Team[:], b.Team[:]) })
		for kind, places := range t.at {
			if len(places) > 0 {
				s.At = append(s.At, Spread{types[kind], len(places)})
			}
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Sum) int {
		return slices.Compare([]string{string(a.By), a.Role.String(), string(a.Platform), deny(a)}, []string{string(b.By), b.Role.String(), string(b.Platform), deny(b)})
	})
	return out
}

func deny(s Sum) string {
	if s.Denies {
		return "deny"
	}
	return ""
}
