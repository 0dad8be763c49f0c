package engine_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// about says whether a permission can be asked of a target.
func about(p perm.Permission, on engine.Target) bool {
	entry, _ := perm.Find(p)
	return scopes(on.Type, entry.Purpose)
}

// everywhereIn is every target of a world.
func everywhereIn(m *maker) (out []engine.Target) {
	for _, t := range []engine.Type{engine.AllDevices, engine.AllCustomers, engine.Organization, engine.QuickSupport} {
		out = append(out, engine.Target{Type: t})
	}
	for _, of := range []struct {
		t   engine.Type
		ids []string
	}{{engine.Device, slices.Sorted(maps.Keys(m.devices))}, {engine.DeviceGroup, slices.Sorted(maps.Keys(m.groups))}, {engine.Customer, slices.Sorted(maps.Keys(m.customers))}} {
		for _, id := range of.ids {
			out = append(out, engine.Target{Type: of.t, ID: id})
		}
	}
	return out
}

// drawn says for somebody what ways let them do on a target, and what of it without an approval.
func drawn(all []engine.Way, who string, on engine.Target) (may, free perm.Bits) {
	for _, w := range all {
		if w.Who.String() == who && w.On == on && !w.Denies {
			may, free = may.Or(w.Counts), free.Or(w.Counts.Without(w.Asks))
		}
	}
	return may, free
}

// What the ways to a target come to is what everybody may do there, one by one; and what a technician's ways come to is what they may do at each end,
// and nothing that they may do anywhere lies outside of what their ways cover.
func TestWaysOverRandomWorlds(t *testing.T) {
	seen := map[string]int{}
	for seed := range uint64(200) {
		m, e := begin(seed, 35, 4)
		for range 100 {
			e.Write(m.step)
		}
		targets := everywhereIn(m)
		on := targets[m.IntN(len(targets))]
		to := e.WaysTo(m.now, "", on).All
		for who := range m.people {
			may, free := drawn(to, who, on)
			for _, entry := range perm.Catalog() {
				if about(entry.Name, on) {
					compareWay(t, seed, m, who, entry.Name, on, may, free)
				}
			}
		}
		p := m.permission()
		if about(p, on) {
			var people []string
			for who := range m.people {
				if _, free := drawn(e.WaysTo(m.now, p, on).All, who, on); free.Any(perm.BitsOf(p)) {
					people = append(people, who)
				}
			}
			slices.Sort(people)
			if who := sorted(e.Who(m.now, p, on)); !slices.Equal(who, people) {
				t.Fatalf("world %d: who %s %v: %v, drawn %v", seed, p, on, who, people)
			}
		}
		who := pick(m, m.people)
		of := e.WaysOf(m.now, "", who).All
		ends := map[engine.Target]bool{}
		for _, w := range of {
			ends[w.On] = true
			seen[fmt.Sprint(w.By, w.Denies, w.Miss)]++
			if w.Miss == "" == (w.Counts == perm.Bits{}) || w.Counts.Without(w.Gives) != (perm.Bits{}) {
				t.Fatalf("world %d: %+v counts and does not", seed, w)
			}
		}
		for _, on := range targets {
			may, free := drawn(of, who, on)
			for _, entry := range perm.Catalog() {
				if !about(entry.Name, on) {
					continue
				}
				outcome, _ := m.decide(who, entry.Name, on)
				if ends[on] && !covered(m, of, who, on, entry.Name, on) {
					compareWay(t, seed, m, who, entry.Name, on, may, free)
				}
				if outcome != engine.Deny && !covered(m, of, who, on, entry.Name, engine.Target{}) {
					t.Fatalf("world %d: %s may %s on %v, and no way says why: %+v", seed, who, entry.Name, on, of)
				}
			}
		}
	}
	for _, want := range []string{"grantfalse", "grantfalseexpired", "grantfalsenot_yet", "grantfalsecustomer_missing", "defaultfalseoverruled", "overridetrue", "overridefalse", "platform_rolefalse", "ownerfalse", "customer_defaultfalse", "defaultfalse"} {
		if seen[want] == 0 {
			t.Errorf("no world has a way of the kind %s: %v", want, seen)
		}
	}
}

func compareWay(t *testing.T, seed uint64, m *maker, who string, p perm.Permission, on engine.Target, may, free perm.Bits) {
	t.Helper()
	want, why := m.decide(who, p, on)
	got := engine.Deny
	if bit := perm.BitsOf(p); free.Any(bit) {
		got = engine.Allow
	} else if may.Any(bit) {
		got = engine.NeedsApproval
	}
	if got != want {
		t.Fatalf("world %d: %s %s %v: drawn as %s, the reference %s (%s)", seed, who, p, on, got, want, why)
	}
}

// covered says whether a way that gives a permission hangs at something that covers a target, other than at one place.
func covered(m *maker, all []engine.Way, who string, on engine.Target, p perm.Permission, but engine.Target) bool {
	return slices.ContainsFunc(all, func(w engine.Way) bool {
		above := m.covers(w.At, on) || w.At == on || w.At.Type == engine.AllCustomers && on.Type != engine.Organization && on.Type != engine.QuickSupport ||
			w.At.Type == engine.AllDevices && w.By == engine.ByOwner || w.At.Type == engine.Customer && m.customerOf(on) == w.At.ID
		return w.Who.String() == who && w.At != but && above && (w.Gives.Any(perm.BitsOf(p)) || w.By == engine.ByPlatformRole || w.By == engine.ByOwner)
	})
}

// The ways of a team and of a role are exactly what was granted, to each member, and count where the reference lets them.
func TestWaysOfTeamsAndRolesAreTheGrants(t *testing.T) {
	granted := 0
	for seed := range uint64(200) {
		m, e := begin(seed, 36, 4)
		for range 120 {
			e.Write(m.step)
		}
		if m.org.Suspended {
			continue
		}
		team, role := pick(m, m.teams), pick(m, m.roles)
		check := func(what string, ways []engine.Way, concerned func(engine.Grant) bool) {
			want, got := map[[2]string]perm.Bits{}, map[[2]string]perm.Bits{}
			for id, g := range m.grants {
				if _, there := m.roles[g.Role]; !there || !concerned(g) || !m.exists(g.On) {
					continue
				}
				for who, person := range m.people {
					if !person.Active || g.Subject != who && !m.member[[2]string{g.Subject, who}] {
						continue
					}
					var gives, counts []perm.Permission
					for _, entry := range perm.Catalog() {
						if about(entry.Name, g.On) && implies(m.roles[g.Role].Permissions, entry) {
							gives = append(gives, entry.Name)
							if outcome, _ := m.decide(who, entry.Name, g.On); outcome != engine.Deny && m.holds(g.Times) {
								counts = append(counts, entry.Name)
							}
						}
					}
					if len(gives) > 0 {
						want[[2]string{who, id}] = perm.BitsOf(counts...)
						granted++
					}
				}
			}
			for _, w := range ways {
				if w.By == engine.ByGrant {
					got[[2]string{w.Who.String(), w.Rule.String()}] = w.Counts
				}
			}
			if !maps.Equal(got, want) {
				t.Fatalf("world %d: the ways of the %s: %v, want %v", seed, what, got, want)
			}
		}
		check("team", e.WaysOfTeam(m.now, "", team).All, func(g engine.Grant) bool { return g.Subject == team })
		check("role", e.WaysOfRole(m.now, "", role).All, func(g engine.Grant) bool { return g.Role == role })
		for _, w := range e.WaysOfPlatformRole(m.now, "", perm.Technician, "").All {
			if p := m.people[w.Who.String()]; p.Role != perm.Technician || p.Own != "" || p.Owner || w.By != engine.ByPlatformRole {
				t.Fatalf("world %d: %+v is of no technician", seed, w)
			}
		}
	}
	if granted < 100 {
		t.Errorf("only %d grants: the worlds ask nothing", granted)
	}
}

// What is drawn of everybody at once counts each person once, and every rule that holds.
func TestTheOverviewCountsWhatHolds(t *testing.T) {
	for seed := range uint64(200) {
		m, e := begin(seed, 37, 4)
		for range 120 {
			e.Write(m.step)
		}
		rules := map[string]int{}
		people := map[string]map[string]bool{}
		for _, g := range m.grants {
			role, there := m.roles[g.Role]
			some := slices.ContainsFunc(perm.Catalog(), func(x perm.Entry) bool { return about(x.Name, g.On) && implies(role.Permissions, x) })
			if !there || !m.exists(g.On) || !m.holds(g.Times) || !some || m.org.Suspended {
				continue
			}
			rules[g.Role]++
			for who, p := range m.people {
				if p.Active && (g.Subject == who || m.member[[2]string{g.Subject, who}]) {
					if people[g.Role] == nil {
						people[g.Role] = map[string]bool{}
					}
					people[g.Role][who] = true
				}
			}
		}
		counted := map[string]int{}
		for _, s := range e.Overview(m.now, "") {
			if s.By == engine.ByGrant {
				counted[s.Role.String()] = s.Grants
				if s.People != len(people[s.Role.String()]) {
					t.Fatalf("world %d: %+v has %d people, not %v", seed, s, s.People, people[s.Role.String()])
				}
			}
		}
		if !maps.Equal(counted, rules) {
			t.Fatalf("world %d: counted %v, granted %v", seed, counted, rules)
		}
	}
}

// BenchmarkWays asks for what is drawn, with 1,000 technicians, 100,000 devices and 20,000 grants.
func BenchmarkWays(b *testing.B) {
	e, role := large(b)
	now := time.Now()
	who := e.Who(now, perm.DeviceView, engine.Target{Type: engine.AllDevices})[0].String()
	device := e.Devices(now, who, perm.DeviceView)[0].String()
	for name, ask := range map[string]func() int{
		"device":   func() int { return len(e.WaysTo(now, "", engine.Target{Type: engine.Device, ID: device}).All) },
		"person":   func() int { return len(e.WaysOf(now, "", who).All) },
		"role":     func() int { return len(e.WaysOfRole(now, "", role).All) },
		"overview": func() int { return len(e.Overview(now, "")) },
	} {
		b.Run(name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				n = ask()
			}
			b.ReportMetric(float64(n), "ways")
		})
	}
}
