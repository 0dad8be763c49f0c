package engine

import (
	"cmp"
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Devices are all devices to which a technician may do p at a time, without an approval, in no particular order. It is Check of every device, made
// from the rules of the technician instead: nobody has many.
func (e *Engine) Devices(at time.Time, technicianID string, p perm.Permission) []ID {
	return e.AppendDevices(nil, at, technicianID, p)
}

// AppendDevices is Devices into the memory of the caller, for who asks often.
func (e *Engine) AppendDevices(to []ID, at time.Time, technicianID string, p perm.Permission) []ID {
	e.arranged()
	defer e.mu.RUnlock()
	return e.appendDevices(to, at.UnixNano(), e.technician(technicianID), perm.BitsOf(p))
}

func (s *state) appendDevices(to []ID, at int64, t asker, want perm.Bits) []ID {
	if t.subject == nil || !t.active || s.suspended || want == (perm.Bits{}) {
		return to
	}
	switch {
	case !t.owner && !t.reach.ceiling.Any(want):
		return to
	case s.tangled, !fits[device].Any(want), !t.owner && s.maySensitive(t, want):
		return s.literally(to, at, t, want)
	}
	c := s.collect(at, t, want)
	return c.fill(slices.Grow(to, c.size()))
}

// arranged takes the lock for reading, with the order of the tree made.
func (e *Engine) arranged() {
	for {
		e.mu.RLock()
		if !e.stale {
			return
		}
		e.mu.RUnlock()
		e.mu.Lock()
		if e.stale {
			e.arrange()
		}
		e.mu.Unlock()
	}
}

// literally asks about every device: for broken data, and for permissions that hang on more than where a rule is.
func (s *state) literally(to []ID, at int64, t asker, want perm.Bits) []ID {
	for _, in := range s.inside {
		for i, n := range in.nodes {
			v := s.weigh(at, t, n, want, nil)
			if outcome, _ := v.of(want); outcome == Allow {
				to = append(to, in.ids[i])
			}
		}
	}
	return to
}

// maySensitive says whether an approval may be wanted anywhere from a technician.
func (s *state) maySensitive(t asker, want perm.Bits) bool {
	if t.reach.unasked && t.reach.everywhere {
		return false
	}
	if s.sensitive.Any(want) {
		return true
	}
	for _, c := range s.customers {
		if c.sensitive.Any(want) {
			return true
		}
	}
	return slices.ContainsFunc(s.role, func(r role) bool { return r.sensitive.Any(want) })
}

// stretch is a part of the tree's order.
type stretch struct{ first, past int32 }

// collection is where in the tree a technician may do something.
type collection struct {
	*state
	t       asker
	all     bool
	allowed []stretch // in order, none of them in another
	denied  []stretch
	yes, no []int32 // single devices, in order of number
}

func (s *state) collect(at int64, t asker, want perm.Bits) *collection {
	c := &collection{state: s, t: t, all: t.owner || t.reach.everywhere}
	everything := t.owner || c.all && t.reach.base.Any(want)
	if everything {
		c.allowed = append(c.allowed, stretch{0, int32(len(s.sequence))})
	}
	if t.owner {
		return c
	}
	assigned, places := s.belongings(t)
	if c.all {
		assigned = s.branches
	}
	for _, n := range places {
		found := sum{at: at, want: want}
		s.look(&found, t, n)
		if found.allowed != (perm.Bits{}) {
			c.add(&c.allowed, &c.yes, n)
		}
		if found.denied.Spread().Any(want) {
			c.add(&c.denied, &c.no, n)
		}
	}
	if !everything {
		alike := t.reach.base.Or(s.defaults).Any(want)
		for _, n := range assigned {
			if s.nodes[n].kind == customerNode && (alike || s.customers[n].defaults.Any(want)) {
				c.add(&c.allowed, nil, n)
			}
		}
	}
	c.allowed, c.denied = joined(c.allowed), joined(c.denied)
	return c
}

func (c *collection) add(to *[]stretch, single *[]int32, n int32) {
	switch c.nodes[n].kind {
	case device:
		*single = append(*single, n)
	case allDevices, customerNode, group:
		*to = append(*to, stretch{c.first[n], c.past[n]})
	}
}

// size is how many devices there can be at most.
func (c *collection) size() (n int) {
	for _, s := range c.allowed {
		for _, h := range c.sequence[s.first:s.past] {
			n += len(c.inside[c.nodes[h].inside].ids)
		}
	}
	return n + len(c.yes)
}

// fill adds the devices to out.
func (c *collection) fill(out []ID) []ID {
	for _, s := range c.allowed {
		for pos := s.first; pos < s.past; {
			if past, ok := covering(c.denied, pos); ok {
				pos = past
				continue
			}
			h := c.sequence[pos]
			if owner := c.nodes[h].customer; owner != none && !c.all && !c.assigned(c.t, owner) {
				pos = c.past[owner]
				continue
			}
			out = c.from(out, h)
			pos++
		}
	}
	for _, n := range c.yes {
		pos := c.first[c.holder(n)]
		_, denied := covering(c.denied, pos)
		_, there := covering(c.allowed, pos)
		_, no := slices.BinarySearch(c.no, n)
		if owner := c.owner(n); denied || there || no || owner != none && !c.all && !c.assigned(c.t, owner) {
			continue
		}
		out = append(out, c.nodes[n].id)
	}
	return out
}

// from adds the devices right in a holder.
func (c *collection) from(out []ID, h int32) []ID {
	in := &c.inside[c.nodes[h].inside]
	if len(c.no) == 0 {
		return append(out, in.ids...)
	}
	for i, n := range in.nodes {
		if _, no := slices.BinarySearch(c.no, n); !no {
			out = append(out, in.ids[i])
		}
	}
	return out
}

// covering returns the end of the stretch that holds a position.
func covering(stretches []stretch, pos int32) (past int32, ok bool) {
	i, found := slices.BinarySearchFunc(stretches, pos, func(s stretch, pos int32) int { return cmp.Compare(s.first, pos) })
	if !found {
		i--
	}
	if i < 0 || stretches[i].past <= pos {
		return 0, false
	}
	return stretches[i].past, true
}

// joined are stretches in order, without those that lie in another.
func joined(list []stretch) []stretch {
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Or(cmp.Compare(a.first, b.first), cmp.Compare(b.past, a.past)) })
	out := list[:0]
	for _, s := range list {
		if len(out) == 0 || s.past > out[len(out)-1].past {
			out = append(out, s)
		}
	}
	return out
}

func distinct(list []int32) []int32 {
	slices.Sort(list)
	return slices.Compact(list)
}
