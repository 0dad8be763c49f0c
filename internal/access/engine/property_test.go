package engine_test

import (
	"maps"
	"os"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

const (
	worlds    = 5000 // a run; twenty times as many at full scale
	questions = 200  // about each
)

// What an engine that was changed step by step says about random worlds is what the plain reference says, and what an engine says that was told
// everything at once.
func TestDecisionsOverRandomWorlds(t *testing.T) {
	n := worlds
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		n *= 20
	}
	seeds := make(chan uint64)
	var outcomes [3]atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for seed := range seeds {
				if !t.Failed() {
					compare(t, seed, &outcomes)
				}
			}
		})
	}
	for seed := range n {
		seeds <- uint64(seed)
	}
	close(seeds)
	wg.Wait()
	for i, name := range []string{"allow", "deny", "needs_approval"} {
		if share := float64(outcomes[i].Load()) / float64(n*questions); share < 0.005 {
			t.Errorf("only %.4f of the answers were %s: the worlds ask nothing", share, name)
		}
	}
	t.Logf("%d worlds, %d decisions: %d allow, %d deny, %d need approval", n, n*questions, outcomes[0].Load(), outcomes[1].Load(), outcomes[2].Load())
}

func compare(t *testing.T, seed uint64, outcomes *[3]atomic.Int64) {
	m, changed := begin(seed, 5, 6)
	for range 40 + m.IntN(120) {
		changed.Write(m.step)
		if m.chance(20) {
			changed.Devices(m.now, pick(m, m.people), perm.DeviceView) // so that changes find the order of the tree made
		}
	}
	loaded := m.load()
	for range questions {
		who, p, on := pick(m, m.people), m.permission(), m.asked()
		if m.chance(50) {
			who = m.id()
		}
		want, why := m.decide(who, p, on)
		outcomes[slices.Index([]engine.Outcome{engine.Allow, engine.Deny, engine.NeedsApproval}, want)].Add(1)
		if got := changed.Check(m.now, who, p, on); got != want {
			t.Errorf("world %d: %s %s %v: changed says %s, the reference %s (%s)", seed, who, p, on, got, want, why)
		}
		if got := loaded.Check(m.now, who, p, on); got != want {
			t.Errorf("world %d: %s %s %v: loaded says %s, the reference %s (%s)", seed, who, p, on, got, want, why)
		}
		explanation := changed.Explain(m.now, who, p, on)
		explained(t, seed, explanation, want, why)
		if other := loaded.Explain(m.now, who, p, on); !reflect.DeepEqual(explanation, other) {
			t.Errorf("world %d: changed explains %+v, loaded %+v", seed, explanation, other)
		}
	}
	for range 3 {
		lists(t, seed, m, changed)
	}
}

// explained: an explanation comes to the same end, and says what allows or denies if and only if something does.
func explained(t *testing.T, seed uint64, d engine.Decision, want engine.Outcome, why engine.Reason) {
	if d.Outcome != want || d.Reason != why {
		t.Errorf("world %d: the explanation says %s %s, the reference %s %s", seed, d.Outcome, d.Reason, want, why)
	}
	if needs := want != engine.Deny || why == engine.ExplicitDeny; needs != (len(d.Because) > 0) {
		t.Errorf("world %d: %s %s because of %v", seed, d.Outcome, d.Reason, d.Because)
	}
	for _, path := range d.Because {
		if path.Miss != "" {
			t.Errorf("world %d: %v is named as a reason", seed, path)
		}
	}
	for _, path := range d.Misses {
		if path.Miss == "" {
			t.Errorf("world %d: %v is a miss without a why", seed, path)
		}
	}
}

// lists: a list holds exactly what would be allowed one by one.
func lists(t *testing.T, seed uint64, m *maker, e *engine.Engine) {
	who, p, on := pick(m, m.people), m.permission(), m.asked()
	var devices []string
	for d := range m.devices {
		if outcome, _ := m.decide(who, p, engine.Target{Type: engine.Device, ID: d}); outcome == engine.Allow {
			devices = append(devices, d)
		}
	}
	if got := sorted(e.Devices(m.now, who, p)); !slices.Equal(got, slices.Sorted(slices.Values(devices))) {
		t.Errorf("world %d: %s %s: listed %v, allowed %v", seed, who, p, got, devices)
	}
	var people []string
	for _, id := range slices.Sorted(maps.Keys(m.people)) {
		if outcome, _ := m.decide(id, p, on); outcome == engine.Allow {
			people = append(people, id)
		}
	}
	if got := sorted(e.Who(m.now, p, on)); !slices.Equal(got, people) {
		t.Errorf("world %d: who %s %v: listed %v, allowed %v", seed, p, on, got, people)
	}
	var may []perm.Permission
	for _, entry := range perm.Catalog() {
		if outcome, _ := m.decide(who, entry.Name, on); outcome == engine.Allow {
			may = append(may, entry.Name)
		}
	}
	if got := e.Permissions(m.now, who, on); !slices.Equal(got, may) {
		t.Errorf("world %d: %s %v: permissions %v, allowed %v", seed, who, on, got, may)
	}
}

func sorted(ids []engine.ID) (out []string) {
	for _, id := range ids {
		out = append(out, id.String())
	}
	slices.Sort(out)
	return out
}
