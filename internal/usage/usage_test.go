package usage_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/access/resource/resourcetest"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/usage"
)

type fields = map[string]any

// world is an organization where Tom works on a customer's servers by way of a team, and Una opens tickets.
type world struct {
	*resourcetest.World
	*organizationtest.Server

	service                     *usage.Service
	boss, tom, una              access.Actor
	customer, device, elsewhere string
	operator, desk              string // roles
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, furnish(resourcetest.New(t, db, "Harbor IT"))) })
}

func furnish(r *resourcetest.World) *world {
	w := &world{World: r}
	w.boss, w.tom, w.una = r.Person("boss@example.com", perm.Administrator), r.Person("tom@example.com", perm.Technician), r.Person("una@example.com", perm.Technician)
	w.customer = r.Customer("Northwind")
	w.device, w.elsewhere = r.Device("srv", "", w.customer), r.Device("elsewhere", "", r.Customer("Harbor Bar"))
	team := r.Team("Night shift", w.tom.ID)
	r.Assigned(w.tom.ID, w.customer)
	r.Assigned(w.una.ID, w.customer)
	w.operator = r.Role("Operator", perm.Devices, perm.DeviceView, perm.DeviceFiles, perm.DeviceTerminal, perm.DeviceReboot)
	w.desk = r.Role("Desk", perm.Customers, perm.CustomerEdit, perm.ReportCreate)
	r.Grant(team, w.operator, resourcetest.Scope{Type: "customer", ID: w.customer}, true)
	r.Grant(w.una.ID, w.desk, resourcetest.Scope{Type: "customer", ID: w.customer}, false)
	g := granttest.In(r.World)
	w.service = usage.New(r.DB, r.Guard, r.Guard, g.Roles, g.Grants, slog.New(slog.NewTextHandler(r.T.Output(), nil)))
	r.Guard.Observe(w.service.Decided)
	narrow := w.boss
	narrow.Ceiling = perm.Set{perm.TicketView: true}
	w.Server = r.Serve(map[string]access.Actor{"boss": w.boss, "tom": w.tom, "una": w.una, "narrow": narrow}, w.service.Routes)
	return w
}

func (w *world) as(a access.Actor) context.Context { return access.WithActor(w.T.Context(), a) }

// flush writes what was noted, as at the end of the server.
func (w *world) flush() {
	w.T.Helper()
	ctx, cancel := context.WithCancel(w.T.Context())
	cancel()
	if err := w.service.Run(ctx); err != nil {
		w.T.Fatal(err)
	}
}

// ask sets about something on the device.
func (w *world) ask(a access.Actor, p perm.Permission, device string) error {
	return w.Guard.Check(w.as(a), p, access.Object{Type: "device", ID: device})
}

// note records a decision of some days ago.
func (w *world) note(who string, p perm.Permission, on engine.Target, outcome engine.Outcome, days int) {
	w.service.Decided(access.Decision{OrgID: w.Org.ID, TechnicianID: who, Permission: p, On: on, Outcome: outcome, At: store.Now().AddDate(0, 0, -days)})
}

func (w *world) rows(table string) (n, times int) {
	w.T.Helper()
	what := `count(*), coalesce(sum(times), 0)`
	if table != "usage_day" {
		what = `count(*), 0`
	}
	if err := w.DB.Read().QueryRowContext(w.T.Context(), `select `+what+` from `+table+` where org_id = $1`, w.Org.ID).Scan(&n, &times); err != nil {
		w.T.Fatal(err)
	}
	return n, times
}

func (w *world) get(actor, query string) (int, []fields) {
	w.T.Helper()
	status, got, _ := w.Do(actor, http.MethodGet, "/api/access/"+query, "")
	var out []fields
	items, _ := got["items"].([]any)
	for _, i := range items {
		out = append(out, i.(fields)) //nolint:forcetypeassert // an object by its shape
	}
	return status, out
}

// unused are the permissions of an item, in words.
func unused(item fields) string {
	var out []string
	for _, u := range item["unused"].([]any) { //nolint:forcetypeassert // a list by its shape
		out = append(out, fmt.Sprint(u.(fields)["permission"])) //nolint:forcetypeassert // an object by its shape
	}
	return strings.Join(out, " ")
}

func TestUsesAreCountedOnceADay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 3 {
			if err := w.ask(w.tom, perm.DeviceFiles, w.device); err != nil {
				t.Fatal(err)
			}
		}
		w.flush()
		_ = w.ask(w.tom, perm.DeviceFiles, w.device)
		_ = w.ask(w.tom, perm.DeviceFiles, w.elsewhere)
		_ = w.ask(w.una, perm.DeviceFiles, w.device)
		w.service.Asked(w.Org.ID, w.tom.ID, perm.DeviceTerminal)
		w.flush()
		w.flush()
		if n, times := w.rows("usage_day"); n != 3 || times != 6 {
			t.Errorf("%d rows, %d times", n, times)
		}
		last, err := w.service.LastUse(t.Context(), w.Org.ID, w.tom.ID)
		if err != nil || len(last) != 2 || time.Since(last[perm.DeviceFiles]) > time.Minute || !last[perm.DeviceView].Equal(last[perm.DeviceFiles]) {
			t.Errorf("%v %v", last, err) // who sends files sees the device; what a program asks is no use
		}
		if last, err := w.service.LastUse(t.Context(), w.Org.ID, w.una.ID); err != nil || len(last) != 0 {
			t.Errorf("what is refused is a use: %v %v", last, err)
		}
		neighbour := furnish(w.Beside("Neighbour"))
		if last, err := neighbour.service.LastUse(t.Context(), neighbour.Org.ID, w.tom.ID); err != nil || len(last) != 0 {
			t.Errorf("a neighbour sees %v %v", last, err)
		}
		if n, _ := neighbour.rows("usage_day"); n != 0 {
			t.Errorf("a neighbour has %d rows", n)
		}
	})
}

func TestUnusedRightsOfPeople(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		on := engine.Target{Type: engine.Device, ID: w.device}
		w.note(w.tom.ID, perm.DeviceFiles, on, engine.Allow, 20)
		w.note(w.tom.ID, perm.DeviceTerminal, on, engine.Deny, 1)
		w.note(w.tom.ID, perm.DeviceReboot, on, access.OutcomeApproved, 60)
		w.service.Asked(w.Org.ID, w.tom.ID, perm.DeviceTerminal)
		w.flush()
		for query, want := range map[string]string{
			"unused":                               "tom@example.com: device.terminal | una@example.com: customer.edit report.create",
			"unused?days=30":                       "tom@example.com: device.terminal device.reboot | una@example.com: customer.edit report.create",
			"unused?days=7":                        "tom@example.com: device.view device.files device.terminal device.reboot | una@example.com: customer.edit report.create",
			"unused?technician_id=" + w.tom.ID:     "tom@example.com: device.terminal",
			"unused?role_id=" + w.desk:             "una@example.com: customer.edit report.create",
			"unused-by-role":                       "Desk: customer.edit report.create | Operator: device.terminal",
			"unused-by-role?days=30":               "Desk: customer.edit report.create | Operator: device.terminal device.reboot",
			"unused-by-role?role_id=" + w.desk:     "Desk: customer.edit report.create",
			"unused?limit=1":                       "tom@example.com: device.terminal",
			"unused-by-role?limit=1":               "Desk: customer.edit report.create",
			"unused?technician_id=" + w.boss.ID:    "",
			"unused-by-role?days=7&limit=200":      "Desk: customer.edit report.create | Operator: device.view device.files device.terminal device.reboot",
			"unused?days=365&role_id=" + w.desk:    "una@example.com: customer.edit report.create",
			"unused?days=30&role_id=" + w.operator: "tom@example.com: device.terminal device.reboot",
		} {
			status, items := w.get("boss", query)
			var got []string
			for _, i := range items {
				got = append(got, fmt.Sprint(i["name"], ": ", unused(i)))
			}
			if text := strings.Join(got, " | "); status != http.StatusOK || text != want {
				t.Errorf("%s: %d %q, want %q", query, status, text, want)
			}
		}
		_, items := w.get("boss", "unused?technician_id="+w.tom.ID)
		right := items[0]["unused"].([]any)[0].(fields) //nolint:forcetypeassert // by its shape
		if right["last_used_at"] != nil || right["last_asked_at"] == nil || right["held_since"] == nil || fmt.Sprint(right["roles"]) != fmt.Sprintf("[map[id:%s name:Operator]]", w.operator) {
			t.Errorf("%v", right)
		}
		status, got, _ := w.Do("boss", http.MethodGet, "/api/access/unused?limit=1", "")
		if next, ok := got["next_cursor"].(string); status != http.StatusOK || !ok {
			t.Errorf("%v", got)
		} else if _, items := w.get("boss", "unused?limit=1&cursor="+next); len(items) != 1 || items[0]["name"] != "una@example.com" {
			t.Errorf("%v", items)
		}
		if since, err := time.Parse(time.RFC3339, got["recorded_since"].(string)); err != nil || time.Since(since) < 59*24*time.Hour { //nolint:forcetypeassert // by its shape
			t.Errorf("recorded since %v, %v", got["recorded_since"], err)
		}
		_, got, _ = w.Do("boss", http.MethodGet, "/api/access/unused-by-role?limit=1", "")
		if _, items := w.get("boss", "unused-by-role?limit=1&cursor="+fmt.Sprint(got["next_cursor"])); len(items) != 1 || items[0]["name"] != "Operator" {
			t.Errorf("%v", items)
		}
	})
}

func TestWhoMayLook(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		neighbour := furnish(w.Beside("Neighbour"))
		w.note(w.tom.ID, perm.DeviceFiles, engine.Target{Type: engine.Device, ID: w.device}, engine.Allow, 1)
		w.flush()
		for actor, want := range map[string]int{"boss": http.StatusOK, "tom": http.StatusForbidden, "narrow": http.StatusForbidden} {
			for _, path := range []string{"unused", "unused-by-role"} {
				if status, _ := w.get(actor, path); status != want {
					t.Errorf("%s reads %s: %d", actor, path, status)
				}
			}
			if status, got, _ := w.Do(actor, http.MethodPost, "/api/access/backtest", fmt.Sprintf(`{"role_id":%q}`, w.operator)); status != want {
				t.Errorf("%s replays: %d %v", actor, status, got)
			}
		}
		for _, path := range []string{"unused?technician_id=" + w.tom.ID, "unused?role_id=" + w.operator, "unused-by-role?role_id=" + w.operator} {
			if status, _ := neighbour.get("boss", path); status != http.StatusNotFound {
				t.Errorf("a neighbour reads %s: %d", path, status)
			}
		}
		if status, got, _ := neighbour.Do("boss", http.MethodPost, "/api/access/backtest", fmt.Sprintf(`{"role_id":%q}`, w.operator)); status != http.StatusNotFound {
			t.Errorf("a neighbour replays: %d %v", status, got)
		}
		status, got, _ := neighbour.Do("boss", http.MethodPost, "/api/access/backtest", fmt.Sprintf(`{"role_id":%q,"permissions":[]}`, neighbour.operator))
		if status != http.StatusOK || got["replayed"] != 0.0 || got["gone"] != 0.0 || got["recorded_since"] != nil {
			t.Errorf("a neighbour's decisions are replayed: %d %v", status, got)
		}
		for _, body := range []string{
			fmt.Sprintf(`{"role_id":%q,"permissions":["ticket.view"]}`, w.operator), fmt.Sprintf(`{"role_id":%q,"permissions":["made.up"]}`, w.operator),
			fmt.Sprintf(`{"role_id":%q,"days":91}`, w.operator), fmt.Sprintf(`{"role_id":%q,"days":-1}`, w.operator), `{"role_id":""}`, `{}`,
		} {
			if status, _, _ := w.Do("boss", http.MethodPost, "/api/access/backtest", body); status != http.StatusUnprocessableEntity && status != http.StatusNotFound && status != http.StatusBadRequest {
				t.Errorf("%s: %d", body, status)
			}
		}
		for _, query := range []string{"unused?days=6", "unused?days=366", "unused-by-role?cursor=x"} {
			if status, _ := w.get("boss", query); status < 400 || status >= 500 {
				t.Errorf("%s: %d", query, status)
			}
		}
	})
}

func TestOldUsesAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		on := engine.Target{Type: engine.Device, ID: w.device}
		for p, days := range map[perm.Permission]int{perm.DeviceFiles: 89, perm.DeviceReboot: 92, perm.DeviceTerminal: 402} {
			w.note(w.tom.ID, p, on, engine.Allow, days)
		}
		w.note("01900000-0000-7000-8000-000000000001", perm.DeviceFiles, on, engine.Allow, 1) // deleted since
		w.flush()
		if err := w.service.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		last, err := w.service.LastUse(t.Context(), w.Org.ID, w.tom.ID)
		if n, _ := w.rows("usage_day"); n != 1 || err != nil || last[perm.DeviceFiles].IsZero() || last[perm.DeviceReboot].IsZero() || !last[perm.DeviceTerminal].IsZero() {
			t.Errorf("%d days, %v %v", n, last, err)
		}
		if n, _ := w.rows("usage_last"); n != 2 {
			t.Errorf("%d last uses: somebody who is no more is remembered", n)
		}
	})
}

// TestMoreThanFitsIsDropped: memory is bounded; the record goes on with what there was room for.
func TestMoreThanFitsIsDropped(t *testing.T) {
	w := furnish(resourcetest.New(t, storetest.Open(t), "Harbor IT"))
	for i := range 10_000 {
		w.note(w.tom.ID, perm.DeviceFiles, engine.Target{Type: engine.Device, ID: fmt.Sprint(i)}, engine.Allow, 0)
	}
	w.flush()
	if n, times := w.rows("usage_day"); n != 4_000 || times != 4_000 {
		t.Errorf("%d rows, %d times", n, times)
	}
	w.note(w.tom.ID, perm.DeviceFiles, engine.Target{Type: engine.Device, ID: "once more"}, engine.Allow, 0)
	w.flush()
	if n, _ := w.rows("usage_day"); n != 4_001 {
		t.Errorf("%d rows", n)
	}
}

// BenchmarkCheck is a decision of the product itself with the record on (goal: p99 of 1 us in the engine, and some 100 ns for the record).
func BenchmarkCheck(b *testing.B) {
	for _, on := range []bool{false, true} {
		b.Run(fmt.Sprint("record ", on), func(b *testing.B) {
			w := furnish(resourcetest.New(b, storetest.Open(b), "Harbor IT"))
			if !on {
				w.Guard.Observe(nil)
			}
			ctx, o := w.as(w.tom), access.Object{Type: "device", ID: w.device}
			b.ReportAllocs()
			for b.Loop() {
				if w.Guard.Check(ctx, perm.DeviceFiles, o) != nil {
					b.Fatal("refused")
				}
			}
		})
	}
}
