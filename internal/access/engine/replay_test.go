package engine_test

import (
	"maps"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// What a copy with a changed role says is what the world says in which the role was changed; and neither hears of the other's later changes.
func TestACopyDecidesAsAChangedWorldWould(t *testing.T) {
	differ := 0
	for seed := range uint64(300) {
		m, e := begin(seed, 19, 3)
		for range 120 {
			e.Write(m.step)
		}
		role := pick(m, m.roles)
		if role == "" {
			continue
		}
		draft := m.aRole()
		copied := e.With(func(w *engine.Writer) { w.PutRole(role, draft) })
		was := m.roles[role]
		for range 200 {
			who, p, on := pick(m, m.people), m.permission(), m.asked()
			today, why := m.decide(who, p, on)
			m.roles[role] = draft
			want, because := m.decide(who, p, on)
			m.roles[role] = was
			if today != want {
				differ++
			}
			if got, reason := copied.Replay(m.now, who, p, on); got != want || reason != because && want != engine.Allow {
				t.Fatalf("world %d: with the draft %s %s %v: %s %s, the reference %s %s", seed, who, p, on, got, reason, want, because)
			}
			if got, reason := e.Replay(m.now, who, p, on); got != today || reason != why && today != engine.Allow {
				t.Fatalf("world %d: %s %s %v: %s %s, the reference %s %s", seed, who, p, on, got, reason, today, why)
			}
			person := m.people[who]
			anywhere, _ := e.Replay(m.now, who, p, engine.Target{})
			if holds := e.Holds(m.now, engine.As{ID: who, Role: person.Role, Owner: person.Owner}, p); person.Active && holds != (anywhere == engine.Allow) {
				t.Fatalf("world %d: %s holds %s: %v, replayed %s", seed, who, p, holds, anywhere)
			}
		}
		before := answersOf(m, copied)
		old := *m.world
		old.devices, old.customers, old.people = maps.Clone(m.devices), maps.Clone(m.customers), maps.Clone(m.people)
		for range 40 {
			e.Write(m.step)
		}
		if !maps.Equal(before, answersOf(&maker{world: &old}, copied)) {
			t.Fatalf("world %d: a change of the engine reached its copy", seed)
		}
		if !maps.Equal(answersOf(m, e), answersOf(m, m.load())) {
			t.Fatalf("world %d: the engine is not what its changes make it", seed)
		}
	}
	if differ < 100 {
		t.Errorf("only %d answers differ: the drafts change nothing", differ)
	}
}

// Whoever was given a role is allowed by it what Given says, or the role is not what stands in the way.
func TestGivenIsWhatGrantsGive(t *testing.T) {
	seen := 0
	for seed := range uint64(200) {
		m, e := begin(seed, 20, 3)
		for range 150 {
			e.Write(m.step)
		}
		byRole := map[string]map[string]perm.Bits{}
		e.EachGiven(m.now, func(technician engine.ID, roles []engine.Given) {
			byRole[technician.String()] = map[string]perm.Bits{}
			for _, g := range roles {
				byRole[technician.String()][g.Role.String()] = g.Gives
			}
		})
		for who, person := range m.people {
			want := map[string]perm.Bits{}
			for _, g := range m.grants {
				if !person.Active || m.org.Suspended || !m.belongs(who, g.Subject) || !m.holds(g.Times) {
					continue
				}
				var bits perm.Bits
				for _, entry := range perm.Catalog() {
					if implies(m.roles[g.Role].Permissions, entry) && scopes(g.On.Type, entry.Purpose) {
						bits = bits.Or(perm.BitsOf(entry.Name))
					}
				}
				want[g.Role] = want[g.Role].Or(bits.And(person.Role.Ceiling()))
			}
			got := map[string]perm.Bits{}
			for _, g := range e.Given(m.now, who) {
				got[g.Role.String()] = g.Gives
			}
			if !maps.Equal(got, want) || len(got) > 0 && !maps.Equal(got, byRole[who]) {
				t.Fatalf("world %d: %s is given %v, by all %v, the reference %v", seed, who, got, byRole[who], want)
			}
			seen += len(want)
		}
	}
	if seen < 200 {
		t.Errorf("only %d roles are given", seen)
	}
	e := engine.New()
	e.Write(func(w *engine.Writer) {
		w.PutTechnician("tom", engine.Person{Active: true, Role: perm.Technician})
		w.PutRole("role", engine.Role{Permissions: []perm.Permission{perm.DeviceFiles}})
		w.PutGrant("019ad8a6-6c00-7000-8000-000000000001", engine.Grant{Subject: "tom", Role: "role", On: engine.Target{Type: engine.AllDevices}})
	})
	if got := e.Given(time.Now(), "tom"); len(got) != 1 || !got[0].Since.Equal(time.UnixMilli(0x019ad8a66c00)) {
		t.Errorf("a grant of %v is %+v", time.UnixMilli(0x019ad8a66c00), got)
	}
}

// BenchmarkReplay is one decision of a backtest (goal: 1,000,000 of them within 10 s, with reading them).
func BenchmarkReplay(b *testing.B) {
	e, role := large(b)
	copied := e.With(func(w *engine.Writer) { w.PutRole(role, engine.Role{}) })
	var who []string
	e.EachGiven(time.Now(), func(technician engine.ID, _ []engine.Given) { who = append(who, technician.String()) })
	now, i := time.Now(), 0
	for b.Loop() {
		copied.Replay(now, who[i%len(who)], perm.DeviceFiles, engine.Target{Type: engine.Device, ID: who[i%len(who)]})
		i++
	}
}
