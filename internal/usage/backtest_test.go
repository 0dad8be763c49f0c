package usage_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/usage"
)

// told records what a program was told.
func (w *world) told(subject string, p perm.Permission, kind, key string, outcome engine.Outcome, reason engine.Reason, times, days int) {
	w.Exec(`insert into authzen_decision (org_id, id, at, times, asked_by, token_id, subject_id, permission, resource_type, resource_id, outcome, reason, rules)
		values ($1, $2, $3, $4, '', '', $5, $6, $7, $8, $9, $10, '[]')`, id.New(), store.Time(store.Now().AddDate(0, 0, -days)), times, subject, p, kind, key, outcome, reason)
}

func (w *world) backtest(body string) fields {
	w.T.Helper()
	status, got, _ := w.Do("boss", http.MethodPost, "/api/access/backtest", body)
	if status != http.StatusOK {
		w.T.Fatalf("%d %v", status, got)
	}
	return got
}

func TestABacktestSaysWhatADraftWouldRefuse(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		on := engine.Target{Type: engine.Device, ID: w.device}
		w.note(w.tom.ID, perm.DeviceFiles, on, engine.Allow, 0)
		w.note(w.tom.ID, perm.DeviceFiles, on, engine.Allow, 1)
		w.note(w.tom.ID, perm.DeviceFiles, on, engine.Allow, 40)
		w.note(w.tom.ID, perm.DeviceTerminal, on, engine.Allow, 2)
		w.note(w.tom.ID, perm.DeviceTerminal, engine.Target{}, engine.Allow, 2)
		w.note(w.una.ID, perm.DeviceReboot, on, engine.Allow, 3) // not any more, whatever the draft
		w.note(w.tom.ID, perm.DeviceFiles, engine.Target{Type: engine.Device, ID: id.New()}, engine.Allow, 1)
		w.note(id.New(), perm.DeviceFiles, on, engine.Allow, 1)
		w.told(w.tom.ID, perm.DeviceFiles, "device", w.device, engine.Allow, "", 7, 1)
		w.told(w.tom.ID, perm.DeviceFiles, "device", w.device, engine.Deny, "beyond_token", 1, 1)
		w.told("", "", "", "", engine.Deny, engine.SubjectInactive, 1, 1)
		ticket, contact := w.Ticket(1, w.customer), w.Contact(w.customer)
		w.told(w.una.ID, perm.CustomerEdit, "ticket", ticket, engine.Allow, "", 1, 1)
		w.told(w.una.ID, perm.CustomerEdit, "contact", contact, engine.Allow, "", 1, 1)
		w.told(w.una.ID, perm.CustomerEdit, "contact", id.New(), engine.Allow, "", 1, 1)
		w.flush()
		got := w.backtest(fmt.Sprintf(`{"role_id":%q,"permissions":["device.view","device.terminal"],"sensitive_permissions":["device.terminal","device.files"]}`, w.operator))
		if got["replayed"] != 14.0 || got["gone"] != 3.0 || got["otherwise"] != 11.0 || got["anyway"] != 1.0 || got["people"] != 1.0 || got["more"] != false {
			t.Errorf("%v", got)
		}
		var lines []string
		for _, i := range got["items"].([]any) { //nolint:forcetypeassert // a list by its shape
			d := i.(fields)                                                                                                                                                                                                                          //nolint:forcetypeassert // an object by its shape
			lines = append(lines, fmt.Sprint(d["technician"].(fields)["name"], " ", d["permission"], " ", d["resource_type"], " ", d["resource_name"], " ", d["times"], " ", d["recorded"], ">", d["today"], ">", d["draft"], " ", d["by_program"])) //nolint:forcetypeassert // an object by its shape
		}
		want := `tom@example.com device.files device srv 7 allow>allow>deny true
tom@example.com device.files device srv 2 allow>allow>deny false
tom@example.com device.terminal device srv 1 allow>allow>needs_approval false
una@example.com device.reboot device srv 1 allow>deny>deny false`
		if text := strings.Join(lines, "\n"); text != want {
			t.Errorf("there came\n%s\nwant\n%s", text, want)
		}
		if pairs, _ := json.Marshal(got["pairs"]); string(pairs) != `[{"draft":"needs_approval","recorded":"allow","times":1},{"draft":"deny","recorded":"allow","times":10}]` {
			t.Errorf("%s", pairs)
		}
		if got := w.backtest(fmt.Sprintf(`{"role_id":%q,"days":90}`, w.operator)); got["replayed"] != 15.0 || got["otherwise"] != 1.0 {
			t.Errorf("as the role is: %v", got)
		}
		if got := w.backtest(fmt.Sprintf(`{"role_id":%q,"permissions":[],"days":1}`, w.operator)); got["replayed"] != 1.0 || got["otherwise"] != 1.0 {
			t.Errorf("of today: %v", got)
		}
		if err := w.ask(w.tom, perm.DeviceFiles, w.device); err != nil {
			t.Errorf("the draft is in force: %v", err)
		}
	})
}

// counts are what a backtest counts.
type counts struct {
	replayed, gone, anyway int64
	otherwise              map[usage.Pair]int64
}

// TestABacktestIsABruteForceReplay: over random organizations, a backtest counts what comes of really changing the role and asking everything again, one by one.
func TestABacktestIsABruteForceReplay(t *testing.T) {
	n, differ := 12, int64(0)
	if os.Getenv("COUNTERSIGN_SCALE") == "full" {
		n *= 20
	}
	db := storetest.Open(t)
	for seed := range uint64(n) {
		r := rand.New(rand.NewPCG(seed, 85))
		w := furnish(resourcetest.New(t, db, fmt.Sprint("World ", seed)))
		roles, draft := w.scatter(r)
		all, gone := w.sample(r)
		w.flush()
		role := roles[r.IntN(len(roles))]
		got, err := w.service.Backtest(w.as(w.boss), usage.Draft{RoleID: role, Permissions: draft, Sensitive: []perm.Permission{}, Days: 30})
		if err != nil {
			t.Fatal(err)
		}
		today := w.answers(all)
		text, _ := json.Marshal(draft)
		w.Exec(`update role set permissions = $2, sensitive = '[]' where org_id = $1 and id = $3`, string(text), role)
		want := counts{otherwise: map[usage.Pair]int64{}, gone: gone}
		for i, now := range w.answers(all) {
			d := all[i]
			want.replayed += d.times
			if d.outcome != now {
				want.otherwise[usage.Pair{Recorded: d.outcome, Draft: now}] += d.times
				if today[i] == now {
					want.anyway += d.times
				} else {
					differ += d.times
				}
			}
		}
		if have := fmt.Sprint(counts{got.Replayed, got.Gone, got.Anyway, got.Otherwise}); have != fmt.Sprint(want) {
			t.Fatalf("world %d: the backtest counts %s, the replay %v", seed, have, want)
		}
	}
	if differ < int64(n) {
		t.Errorf("only %d decisions differ by the draft: the worlds ask nothing", differ)
	}
}

// scatter gives some roles to people and teams, here and there, and makes a draft of one.
func (w *world) scatter(r *rand.Rand) (roles []string, draft []perm.Permission) {
	pool := []perm.Permission{perm.DeviceView, perm.DeviceFiles, perm.DeviceTerminal, perm.DeviceReboot, perm.DeviceDelete}
	some := func() (out []perm.Permission) {
		for _, p := range pool {
			if r.IntN(2) == 0 {
				out = append(out, p)
			}
		}
		return append(out, perm.DeviceView)
	}
	roles = []string{w.operator}
	for i := range 2 {
		roles = append(roles, w.Role(fmt.Sprint("R", i), perm.Devices, some()...))
	}
	for range 4 {
		to, scope := []string{w.tom.ID, w.una.ID, w.boss.ID}[r.IntN(3)], resourcetest.Scope{Type: "customer", ID: w.customer}
		switch r.IntN(3) {
		case 0:
			scope = resourcetest.Scope{Type: "all_devices"}
		case 1:
			scope = resourcetest.Scope{Type: "device", ID: w.device}
		}
		grant := w.Grant(to, roles[r.IntN(3)], scope, false)
		if r.IntN(3) == 0 { // for a time that is over, or not
			w.Exec(`update grant_role set expires_at = $3 where org_id = $1 and id = $2`, grant, store.Time(store.Now().AddDate(0, 0, -r.IntN(20))))
		}
	}
	return roles, some()
}

// answered is a recorded decision that can be asked again.
type answered struct {
	who     string
	p       perm.Permission
	on      engine.Target
	outcome engine.Outcome
	times   int64
	at      time.Time
}

// sample records decisions, most of them as they would come out and some as they never did.
func (w *world) sample(r *rand.Rand) (all []answered, gone int64) {
	type question struct {
		who string
		p   perm.Permission
		on  engine.Target
		out engine.Outcome
		day int
	}
	seen := map[question]bool{}
	for range 150 {
		d := answered{who: []string{w.tom.ID, w.una.ID, w.boss.ID}[r.IntN(3)], p: []perm.Permission{perm.DeviceView, perm.DeviceFiles, perm.DeviceTerminal, perm.DeviceDelete, perm.CustomerEdit}[r.IntN(5)]}
		d.on = []engine.Target{{Type: engine.Device, ID: w.device}, {Type: engine.Device, ID: w.elsewhere}, {Type: engine.Customer, ID: w.customer}}[r.IntN(3)]
		d.outcome = []engine.Outcome{engine.Allow, engine.Allow, engine.Deny, engine.NeedsApproval}[r.IntN(4)]
		day := r.IntN(28)
		if q := (question{d.who, d.p, d.on, d.outcome, day}); seen[q] {
			continue
		} else {
			seen[q] = true
		}
		lost := r.IntN(10) == 0
		if lost {
			d.on.ID = id.New()
		}
		d.times = 1 + r.Int64N(3)
		d.at = store.Now().AddDate(0, 0, -day)
		if r.IntN(3) == 0 {
			w.told(d.who, d.p, string(d.on.Type), d.on.ID, d.outcome, engine.Reason(cmp.Or(map[engine.Outcome]string{engine.Deny: "no_grant"}[d.outcome], "")), int(d.times), day)
		} else {
			for range d.times {
				w.note(d.who, d.p, d.on, d.outcome, day)
			}
		}
		if lost {
			gone += d.times
			continue
		}
		all = append(all, d)
	}
	return all, gone
}

// answers asks everything again, one by one, of what decides everything else.
func (w *world) answers(all []answered) []engine.Outcome {
	w.T.Helper()
	e, err := w.Guard.Engine(w.T.Context(), w.Org.ID)
	if err != nil {
		w.T.Fatal(err)
	}
	out := make([]engine.Outcome, len(all))
	for i, d := range all {
		out[i] = e.Check(d.at, d.who, d.p, d.on)
	}
	return out
}

// TestBacktestsWaitTheirTurn: one at a time of an organization, and two of all.
func TestBacktestsWaitTheirTurn(t *testing.T) {
	w := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	for i := range 3_000 {
		w.note(w.tom.ID, perm.DeviceFiles, engine.Target{Type: engine.Device, ID: fmt.Sprint(i)}, engine.Allow, 0)
	}
	w.flush()
	done := make(chan int, 8)
	for range cap(done) {
		go func() {
			status, _, _ := w.Do("boss", http.MethodPost, "/api/access/backtest", fmt.Sprintf(`{"role_id":%q}`, w.operator))
			done <- status
		}()
	}
	got := map[int]int{}
	for range cap(done) {
		got[<-done]++
	}
	if got[http.StatusOK] == 0 || got[http.StatusOK]+got[http.StatusTooManyRequests] != cap(done) {
		t.Errorf("%v", got)
	}
	if got := w.backtest(fmt.Sprintf(`{"role_id":%q}`, w.operator)); got["gone"] != 3_000.0 {
		t.Errorf("a turn was not given back: %v", got)
	}
}

// TestBacktestOfAMillion: 1,000,000 recorded decisions, each about something else, within 10 s.
func TestBacktestOfAMillion(t *testing.T) {
	n := 20_000
	full := os.Getenv("COUNTERSIGN_SCALE") == "full"
	if full {
		n = 1_000_000
	}
	each(t, func(t *testing.T, w *world) {
		w.million(n)
		begin := time.Now()
		got := w.backtest(fmt.Sprintf(`{"role_id":%q,"permissions":["device.view"],"days":90}`, w.operator))
		took := time.Since(begin)
		t.Logf("%d decisions within %v", n, took)
		if got["replayed"] != float64(n) || got["otherwise"] != float64(n) || got["more"] != true || len(got["items"].([]any)) != 200 { //nolint:forcetypeassert // a list by its shape
			t.Errorf("%v of %d, %v otherwise", got["replayed"], n, got["otherwise"])
		}
		if full && took > 10*time.Second {
			t.Errorf("it takes %v", took)
		}
	})
}

// million fills the record: Tom works with files on many devices, on each of 80 days.
func (w *world) million(n int) {
	w.T.Helper()
	w.Exec(`insert into device (org_id, id, group_id, customer_id, name, sort_name, platform, description, search_text, created_at, updated_at, version)
		with recursive n(i) as (select 0 union all select i + 1 from n where i < $3)
		select $1, '01900000-0000-7000-8000-' || cast(100000000000 + i as text), null, $2, 'd', 'd', 'linux', '', '', 1, 1, 1 from n`, w.customer, n/80-1)
	w.Exec(`insert into usage_day (org_id, technician_id, permission, resource_type, resource_id, outcome, day, times, last_at)
		with recursive n(i) as (select 0 union all select i + 1 from n where i < $3), m(j) as (select 0 union all select j + 1 from m where j < 79)
		select $1, $2, 'device.files', 'device', '01900000-0000-7000-8000-' || cast(100000000000 + i as text), 'allow', cast($4 as bigint) - j, 1,
			cast($5 as bigint) - cast(j as bigint) * 86400000000 from n, m`,
		w.tom.ID, n/80-1, time.Now().Unix()/86400, time.Now().UnixMicro())
}
