package engine_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// What somebody may who is signed in is what they may by their id; what they hold, reach and can give on is what single decisions say.
func TestSessionsOverRandomWorlds(t *testing.T) {
	gives, holds := 0, 0
	for seed := range uint64(600) {
		m, e := begin(seed, 11, 0)
		for range 120 {
			e.Write(m.step)
		}
		for range 12 {
			who := pick(m, m.people)
			if who == "" {
				continue
			}
			p, on := m.permission(), m.asked()
			as := engine.As{ID: who, Role: m.people[who].Role, Owner: m.people[who].Owner}
			want, why := m.decide(who, p, on)
			if got, reason := e.CheckAs(m.now, as, p, on); got != want || reason != why {
				t.Errorf("world %d: %s %s %v: %s %s, the reference %s %s", seed, who, p, on, got, reason, want, why)
			}
			if want == engine.Allow {
				holds++
				if !e.Holds(m.now, as, p) {
					t.Errorf("world %d: %s is allowed %s on %v and holds it nowhere", seed, who, p, on)
				}
			}
			reached(t, seed, m, e, as, p)
			if e.Lacks(m.now, as, []perm.Permission{p}, nil, on) == "" {
				gives++
				whole(t, seed, m, as, p, on)
			}
		}
	}
	if gives < 50 || holds < 50 {
		t.Errorf("only %d scopes could be given on, and %d permissions were held: the worlds ask nothing", gives, holds)
	}
}

// Whoever does not exceed somebody with a platform role of the organization holds what it gives, and reaches every customer if it does.
func TestNobodyCoversAPlatformRoleBeyondTheirOwn(t *testing.T) {
	covered, beyond := 0, 0
	for seed := range uint64(600) {
		m, e := begin(seed, 13, 3)
		for range 120 {
			e.Write(m.step)
		}
		for range 12 {
			who, over := pick(m, m.people), pick(m, m.people)
			as, them := engine.As{ID: who, Role: m.people[who].Role, Owner: m.people[who].Owner}, m.people[over]
			role, ok := m.platform[them.Own]
			if !ok || as.Owner || !m.people[who].Active || m.org.Suspended {
				continue
			}
			if e.Exceeds(m.now, as, over, false) != "" {
				beyond++
				continue
			}
			covered++
			for _, p := range role.Permissions {
				if entry, _ := perm.Find(p); them.Role == perm.ReadOnly && !entry.View {
					continue
				}
				if !e.Holds(m.now, as, p) {
					t.Errorf("world %d: %s covers %s without holding %s", seed, who, over, p)
				}
			}
			if role.Customers == engine.EveryCustomer && !e.AssignedTo(as).All {
				t.Errorf("world %d: %s covers %s without reaching every customer", seed, who, over)
			}
		}
	}
	if covered < 20 || beyond < 20 {
		t.Errorf("%d were covered and %d not: the worlds ask nothing", covered, beyond)
	}
}

func reached(t *testing.T, seed uint64, m *maker, e *engine.Engine, as engine.As, p perm.Permission) {
	reach := e.CustomersAs(m.now, as, p)
	for _, c := range slices.Sorted(maps.Keys(m.customers)) {
		outcome, _ := m.decide(as.ID, p, engine.Target{Type: engine.Customer, ID: c})
		named := slices.Contains(sorted(reach.Only), c)
		if reach.All {
			named = !slices.Contains(sorted(reach.Except), c)
		}
		if named != (outcome == engine.Allow) {
			t.Errorf("world %d: %v %s at %s: %s, but reached %v", seed, as, p, c, outcome, reach)
		}
	}
	var devices []string
	for _, d := range slices.Sorted(maps.Keys(m.devices)) {
		if outcome, _ := m.decide(as.ID, p, engine.Target{Type: engine.Device, ID: d}); outcome == engine.Allow {
			devices = append(devices, d)
		}
	}
	got, more := e.DevicesAs(m.now, as, p, 3)
	if more != (len(devices) > 3) || !more && !slices.Equal(sorted(got), devices) {
		t.Errorf("world %d: %v %s: listed %v (more: %v), allowed %v", seed, as, p, sorted(got), more, devices)
	}
}

// whole: who can give a permission on a scope is refused it nowhere in there.
func whole(t *testing.T, seed uint64, m *maker, as engine.As, p perm.Permission, on engine.Target) {
	if entry, _ := perm.Find(p); entry.Purpose != perm.Devices {
		return
	}
	for d := range m.devices {
		if !m.covers(on, engine.Target{Type: engine.Device, ID: d}) {
			continue
		}
		if outcome, why := m.decide(as.ID, p, engine.Target{Type: engine.Device, ID: d}); outcome == engine.Deny && why != engine.CustomerOutOfScope {
			t.Errorf("world %d: %v can give %s on %v, and is refused it on %s: %s", seed, as, p, on, d, why)
		}
	}
}

// A session says who somebody is now; what was told of them before counts for the rest.
func TestTheSessionKnowsTheRole(t *testing.T) {
	e, now := one(perm.Technician), time.Now()
	on := engine.Target{Type: engine.Organization}
	for name, tc := range map[string]struct {
		as   engine.As
		want engine.Outcome
	}{
		"as told":                       {engine.As{ID: anna, Role: perm.Technician}, engine.Deny},
		"has become administrator":      {engine.As{ID: anna, Role: perm.Administrator}, engine.Allow},
		"somebody not told of":          {engine.As{ID: "new", Role: perm.Administrator}, engine.Allow},
		"nobody's role":                 {engine.As{ID: "new"}, engine.Deny},
		"an owner without a role":       {engine.As{ID: "new", Owner: true}, engine.Allow},
		"somebody not told of, a plain": {engine.As{ID: "new", Role: perm.Technician}, engine.Deny},
	} {
		if got, _ := e.CheckAs(now, tc.as, perm.AdminSettings, on); got != tc.want {
			t.Errorf("%s: %s", name, got)
		}
	}
	e.Write(func(w *engine.Writer) { w.PutTechnician(anna, engine.Person{Role: perm.Administrator}) })
	if got, _ := e.CheckAs(now, engine.As{ID: anna, Role: perm.Administrator}, perm.AdminSettings, on); got != engine.Deny {
		t.Error("somebody who is known as inactive acts:", got)
	}
}

func TestNamesAreIDs(t *testing.T) {
	e := engine.New()
	e.Write(func(w *engine.Writer) {
		w.PutTechnician("alice", engine.Person{Active: true, Role: perm.Technician})
		w.PutCustomer("acme-15-letters", engine.Client{})
		w.PutDevice("record-1", "", "acme-15-letters")
		w.Assign("alice", "acme-15-letters")
		w.PutOverride("o", engine.Override{Subject: "alice", Permission: perm.DeviceView, On: engine.Target{Type: engine.Customer, ID: "acme-15-letters"}})
	})
	if got := sorted(e.Devices(time.Now(), "alice", perm.DeviceView)); !slices.Equal(got, []string{"record-1"}) {
		t.Errorf("listed %v", got)
	}
	for _, id := range []string{"record-1 ", "record-", "record-10", "", "a name of sixteen", "récord"} {
		if got := e.Check(time.Now(), "alice", perm.DeviceView, engine.Target{Type: engine.Device, ID: id}); got != engine.Deny {
			t.Errorf("%q is a device: %s", id, got)
		}
	}
}
