package engine_test

import (
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
)

// TestAPreviewIsWhatThenHappens: what a preview says of random changes to random worlds is what asking one by one, before and after, comes to; and the
// engine that was asked for it answers as before.
func TestAPreviewIsWhatThenHappens(t *testing.T) {
	n := 300
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		n *= 30
	}
	affected := 0
	for seed := range uint64(n) {
		m, e := begin(seed, 18, 4)
		for range 60 + m.IntN(100) {
			e.Write(m.step)
		}
		before, was := answersOf(m, e), *m.world
		was.devices, was.customers, was.people = maps.Clone(m.devices), maps.Clone(m.customers), maps.Clone(m.people)
		effect := e.Preview(m.now, func(to *engine.Writer) {
			for range 1 + m.IntN(8) {
				m.step(to)
			}
		})
		affected += len(effect.People)
		want := differences(before, answersOf(m, m.load()))
		got := told(t, seed, effect)
		for k := range want {
			if got[k] == nil || *got[k] != *want[k] {
				t.Errorf("world %d: %v: the preview says %+v, there happens %+v", seed, k, got[k], want[k])
			}
		}
		for k := range got {
			if want[k] == nil && *got[k] != (amount{}) {
				t.Errorf("world %d: %v: the preview says %+v, nothing happens", seed, k, got[k])
			}
		}
		after := answersOf(&maker{world: &was}, e)
		if !maps.Equal(before, after) {
			t.Errorf("world %d: the preview changed the engine", seed)
		}
		if t.Failed() {
			return
		}
	}
	if affected < n/2 {
		t.Errorf("only %d people are affected: the worlds ask nothing", affected)
	}
}

// question is who may do what to what.
type question struct {
	who string
	p   perm.Permission
	on  engine.Target
}

// answersOf are all questions to whose answer something is allowed, by itself or with an approval.
func answersOf(m *maker, e *engine.Engine) map[question]engine.Outcome {
	out := map[question]engine.Outcome{}
	var targets []engine.Target
	for d := range m.devices {
		targets = append(targets, engine.Target{Type: engine.Device, ID: d})
	}
	for c := range m.customers {
		targets = append(targets, engine.Target{Type: engine.Customer, ID: c})
	}
	targets = append(targets, engine.Target{Type: engine.Organization}, engine.Target{Type: engine.QuickSupport})
	for who := range m.people {
		for _, on := range targets {
			for _, entry := range perm.Catalog() {
				if !slices.Contains(purposesOf(on), entry.Purpose) {
					continue
				}
				if o := e.Check(m.now, who, entry.Name, on); o != engine.Deny {
					out[question{who, entry.Name, on}] = o
				}
			}
		}
	}
	return out
}

// purposesOf are those whose permissions a preview tells about a target.
func purposesOf(on engine.Target) []perm.Purpose {
	switch on.Type {
	case engine.Device:
		return []perm.Purpose{perm.Devices}
	case engine.Customer:
		return []perm.Purpose{perm.Customers}
	case engine.Organization:
		return []perm.Purpose{perm.Administration}
	}
	return []perm.Purpose{perm.Invitations}
}

// kind is one person's change of one permission; amount is on how much.
type kind struct {
	who  string
	p    perm.Permission
	what string
}

type amount struct {
	devices, customers int64
	team, quick        bool
}

func differences(before, after map[question]engine.Outcome) map[kind]*amount {
	out := map[kind]*amount{}
	all := maps.Clone(before)
	maps.Copy(all, after)
	for q := range all {
		a, b := before[q], after[q]
		what := ""
		switch {
		case a == b:
			continue
		case a == "":
			what = "gained"
		case b == "":
			what = "lost"
		case b == engine.NeedsApproval:
			what = "asking"
		default:
			what = "freed"
		}
		k := kind{q.who, q.p, what}
		if out[k] == nil {
			out[k] = &amount{}
		}
		switch q.on.Type {
		case engine.Device:
			out[k].devices++
		case engine.Customer:
			out[k].customers++
		case engine.Organization:
			out[k].team = true
		default:
			out[k].quick = true
		}
	}
	return out
}

func told(t *testing.T, seed uint64, effect engine.Effect) map[kind]*amount {
	t.Helper()
	out := map[kind]*amount{}
	for _, a := range effect.People {
		for _, d := range a.Differences {
			if d.Devices < 0 || d.Customers < 0 || len(d.At) == 0 && !d.Loose && len(d.Sections) == 0 {
				t.Errorf("world %d: %+v", seed, d)
			}
			for what, ps := range map[string][]perm.Permission{"gained": d.Gained, "lost": d.Lost, "asking": d.Asking, "freed": d.Freed} {
				for _, p := range ps {
					k := kind{a.Technician.String(), p, what}
					if out[k] == nil {
						out[k] = &amount{}
					}
					out[k].devices += d.Devices
					out[k].customers += d.Customers
					out[k].team = out[k].team || slices.Contains(d.Sections, engine.Organization)
					out[k].quick = out[k].quick || slices.Contains(d.Sections, engine.QuickSupport)
				}
			}
		}
	}
	return out
}

// BenchmarkPreview is the end of a role in an organization of 1,000 technicians and 100,000 devices (goal: 200 ms).
func BenchmarkPreview(b *testing.B) {
	e, role := large(b)
	b.ReportAllocs()
	var effect engine.Effect
	for b.Loop() {
		effect = e.Preview(time.Now(), func(to *engine.Writer) { to.DropRole(role) })
	}
	b.ReportMetric(float64(len(effect.People)), "people")
}

// large is an organization with 100 teams, 1,000 customers, 5,000 groups, 40 roles and 20,000 grants. The first role is given to every team on all devices, and
// on customers and groups.
func large(b *testing.B) (e *engine.Engine, role string) {
	b.Helper()
	m := &maker{Rand: rand.New(rand.NewPCG(1, 2)), world: empty()}
	e = engine.New()
	e.Write(func(to *engine.Writer) {
		to.SetOrganization(engine.Org{})
		ids := func(n int, put func(i int, id string)) []string {
			out := make([]string, n)
			for i := range out {
				out[i] = m.id()
				put(i, out[i])
			}
			return out
		}
		teams := ids(100, func(_ int, id string) { to.PutTeam(id) })
		customers := ids(1000, func(_ int, id string) { to.PutCustomer(id, engine.Client{}) })
		people := ids(1000, func(i int, id string) {
			to.PutTechnician(id, engine.Person{Active: true, Role: perm.Technician})
			to.Join(teams[i%100], id)
			for k := range 40 {
				to.Assign(id, customers[(i*7+k*23)%1000])
			}
		})
		groups := make([]string, 0, 5000)
		for i := range 5000 {
			id, parent := m.id(), ""
			if i >= 1000 {
				parent = groups[i-1000]
			}
			groups = append(groups, id)
			to.PutGroup(id, parent, customers[i%1000])
		}
		for i := range 100_000 {
			to.PutDevice(m.id(), groups[i%5000], customers[i%1000])
		}
		devices := perm.BitsWhere(func(p perm.Entry) bool { return p.Purpose == perm.Devices }).Permissions()
		roles := ids(40, func(i int, id string) {
			to.PutRole(id, engine.Role{Permissions: devices[:2+i%(len(devices)-2)]})
		})
		role = roles[39]
		for i := range 20_000 {
			on := engine.Target{Type: engine.DeviceGroup, ID: groups[m.IntN(len(groups))]}
			if i%4 == 0 {
				on = engine.Target{Type: engine.Customer, ID: customers[m.IntN(len(customers))]}
			}
			subject := people[m.IntN(len(people))]
			if i%3 == 0 {
				subject = teams[m.IntN(len(teams))]
			}
			to.PutGrant(m.id(), engine.Grant{Subject: subject, Role: roles[i%40], On: on})
		}
		for _, team := range teams {
			to.PutGrant(m.id(), engine.Grant{Subject: team, Role: role, On: engine.Target{Type: engine.AllDevices}})
		}
	})
	return e, role
}
