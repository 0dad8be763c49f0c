package engine

import (
	"slices"
	"time"

	"countersign.dev/countersign/internal/access/perm"
)

// Way is one thing by which somebody reaches something, or is kept from it.
type Way struct {
	Who        ID
	Team       ID // that passes on a grant or override, or has the customer of a platform role; zero for one's own
	By         Reason
	Rule       ID              // of a grant or override
	Role       ID              // of a grant; of a platform role, the organization's own
	Platform   perm.Role       // of ByPlatformRole
	Permission perm.Permission // of an override; "" for all of them
	Denies     bool
	At         Target    // where it hangs
	On         Target    // what was asked about: At, or something below it
	Gives      perm.Bits // of what was asked, what it gives there, or takes away
	Counts     perm.Bits // of that, what comes out as allowed, with or without an approval; of a deny, all of it
	Asks       perm.Bits // of that, what takes an approval
	From       time.Time // zero for always
	Until      time.Time // zero for ever
	Miss       Miss      // why nothing of it counts
}

// Ways are what was found, in no particular order, and whether there was too much to look at.
type Ways struct {
	All []Way
	Cut bool
}

// maxWalks is how many people and places one question about ways puts together.
const maxWalks = 50_000

// ways looks for them.
type ways struct {
	*state
	Ways

	at    int64
	want  perm.Bits
	walks int

	// of one walk:
	t    asker
	on   int32
	fit  perm.Bits // what was asked of what a target can be about
	keep func(at int32, r *rule) bool
	base func(Reason) bool
}

func (e *Engine) ways(at time.Time, p perm.Permission, look func(*ways)) Ways {
	e.mu.RLock()
	defer e.mu.RUnlock()
	f := &ways{state: &e.state, at: at.UnixNano(), want: perm.All()}
	if p != "" {
		f.want = perm.BitsOf(p)
	}
	look(f)
	return f.Ways
}

func (f *ways) each(look func(t asker)) {
	for n := range f.subject {
		if t := f.asker(int32(n)); t.subject != nil {
			look(t)
		}
	}
}

func every[T any](T) bool { return true }

func nothing(Reason) bool { return false }

// WaysTo are all ways of everybody to a target; with a permission those that are about it.
func (e *Engine) WaysTo(at time.Time, p perm.Permission, on Target) Ways {
	return e.ways(at, p, func(f *ways) {
		if n := f.find(on); n != none {
			f.each(func(t asker) { f.walk(t, n, func(int32, *rule) bool { return true }, every) })
		}
	})
}

// WaysOf are all ways of a technician, each to where it hangs: to what rules are at, to the customers assigned to them, and to the wholes. An owner
// has one to each of the wholes.
func (e *Engine) WaysOf(at time.Time, p perm.Permission, technicianID string) Ways {
	return e.ways(at, p, func(f *ways) {
		t := f.technician(technicianID)
		if t.subject == nil {
			return
		}
		f.byRole(t, every)
		if t.owner {
			return
		}
		_, places := f.belongings(t)
		for _, n := range places {
			f.walk(t, n, func(at int32, _ *rule) bool { return at == n }, nothing)
		}
	})
}

// WaysOfTeam are the ways of its members by what was given to a team, and by their platform roles to the customers that the team has.
func (e *Engine) WaysOfTeam(at time.Time, p perm.Permission, teamID string) Ways {
	return e.ways(at, p, func(f *ways) {
		k, _ := parse(teamID)
		number, ok := f.people[k]
		if !ok || f.subject[number].kind != team {
			return
		}
		held := distinct(slices.Clone(f.subject[number].held))
		for _, m := range f.subject[number].with {
			t := f.asker(m)
			if t.subject == nil {
				continue
			}
			for _, n := range held {
				f.walk(t, n, func(at int32, r *rule) bool { return at == n && r.subject == number }, nothing)
			}
			if t.owner || t.reach.everywhere || !t.reach.teams {
				continue
			}
			for _, n := range f.subject[number].customers {
				begin := len(f.All)
				f.walk(t, n, func(int32, *rule) bool { return false }, every)
				for i := range f.All[begin:] {
					f.All[begin+i].Team = k
				}
			}
		}
	})
}

// WaysOfRole are the ways by the grants of a role.
func (e *Engine) WaysOfRole(at time.Time, p perm.Permission, roleID string) Ways {
	return e.ways(at, p, func(f *ways) {
		k, _ := parse(roleID)
		number, ok := f.roles[k]
		if !ok {
			return
		}
		for n := range f.nodes {
			for _, r := range f.rules[f.nodes[n].rules] {
				if r.role != number {
					continue
				}
				who := []int32{r.subject}
				if f.subject[r.subject].kind == team {
					who = f.subject[r.subject].with
				}
				for _, m := range who {
					f.walk(f.asker(m), int32(n), func(at int32, other *rule) bool { return at == int32(n) && other.id == r.id }, nothing)
				}
			}
		}
	})
}

// WaysOfPlatformRole are the ways by a platform role, or by one of the organization's own.
func (e *Engine) WaysOfPlatformRole(at time.Time, p perm.Permission, r perm.Role, own string) Ways {
	return e.ways(at, p, func(f *ways) {
		f.each(func(t asker) {
			if is := ownRole(own); t.own == is && !t.owner && (is != (ID{}) || t.role == r) {
				f.byRole(t, func(by Reason) bool { return by == ByPlatformRole })
			}
		})
	})
}

// byRole adds what nobody has to grant: the wholes, and the customers that are assigned. To whoever has all customers each is a place of its own only if
// something is given there that the role does not give.
func (f *ways) byRole(t asker, base func(Reason) bool) {
	never := func(int32, *rule) bool { return false }
	for n := range int32(unknown) {
		f.walk(t, n, never, base)
	}
	customers, _ := f.belongings(t)
	if t.everywhere() {
		customers = nil
		if !t.owner && base(ByDefault) {
			for n, c := range f.customers {
				if f.defaults.Or(c.defaults).Without(t.reach.base).Any(f.want) {
					customers = append(customers, n)
				}
			}
			base = func(by Reason) bool { return by != ByPlatformRole }
		}
	}
	for _, n := range customers {
		f.walk(t, n, never, base)
	}
}
