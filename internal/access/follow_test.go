package access_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

// things are what the organization of these tests is made of.
type things struct {
	t      *testing.T
	db     *store.DB
	guard  *access.Guard
	rand   *rand.Rand
	number int
	has    map[string][]string
}

const (
	insertTechnician = `insert into technician (org_id, id, given_name, family_name, chosen_name, display_name, sort_name, email, email_key, phone, job_title, usernames,
		platform_role, owner, status, state, locale, time_zone, theme, search_text, created_at, updated_at, version)
		values ('o', $1, 'T', '', '', 'T', 't', $2, $2, '', '', '[]', $3, false, 'active', 'activated', 'en', 'UTC', 'auto', '', 1, 1, 1)`
	insertCustomer = `insert into customer (org_id, id, name, sort_name, domains, notes, search_text, created_at, updated_at, version)
		values ('o', $1, 'M', $1, '[]', '', '', 1, 1, 1)`
	insertTeam = `insert into team (org_id, id, name, name_key, description, search_text, created_at, updated_at, version) values ('o', $1, $1, $1, '', '', 1, 1, 1)`
	insertRole = `insert into role (org_id, id, name, name_key, description, purpose, permissions, sensitive, system, search_text, created_at, updated_at, version)
		values ('o', $1, $1, $1, '', 'devices', $2, '[]', false, '', 1, 1, 1)`
	insertGroup = `insert into device_group (org_id, id, parent_id, customer_id, name, sort_name, created_at, updated_at, version)
		values ('o', $1, $2, (select customer_id from device_group where org_id = 'o' and id = $2), 'G', 'g', 1, 1, 1)`
	insertDevice = `insert into device (org_id, id, group_id, customer_id, name, sort_name, platform, description, search_text, created_at, updated_at, version)
		values ('o', $1, $2, (select customer_id from device_group where org_id = 'o' and id = $2), 'D', 'd', 'linux', '', '', 1, 1, 1)`
	insertGrant = `insert into grant_role (org_id, id, technician_id, team_id, role_id, scope_type, customer_id, group_id, device_id, not_before, expires_at, reason, created_by, created_at)
		values ('o', $1, $2, $3, $4, $5, $6, $7, $8, null, null, '', '', 1)`
	insertOverride = `insert into grant_override (org_id, id, technician_id, team_id, effect, permission, scope_type, customer_id, group_id, device_id, not_before, expires_at, created_by, created_at)
		values ('o', $1, $2, $3, $4, $5, $6, $7, $8, $9, null, null, '', 1)`
	insertMarks = `insert into sensitivity (org_id, whose, customer_id, permissions, updated_at, version) values ('o', $1, $2, $3, 1, 1)
		on conflict (org_id, whose) do update set permissions = excluded.permissions`
	insertWindow = `insert into approval_window (org_id, technician_id, what, from_at, until_at, approval_id) values ('o', $1, $2, 1, $3, '')
		on conflict (org_id, technician_id, what) do update set until_at = excluded.until_at`
	insertPlatformRole = `insert into platformrole (org_id, id, name, name_key, description, based_on, customers, permissions, created_at, updated_at, version)
		values ('o', $1, $1, $1, '', $2, $3, $4, 1, 1, 1)`
	givePlatformRole = `insert into platformrole_technician (org_id, technician_id, platformrole_id, updated_at, version) values ('o', $1, $2, 1, 1)
		on conflict (org_id, technician_id) do update set platformrole_id = excluded.platformrole_id`
	insertDefault = `insert into grant_default (org_id, whose, customer_id, permissions, updated_at, version) values ('o', $1, $2, $3, 1, 1)
		on conflict (org_id, whose) do update set permissions = excluded.permissions`
)

func newThings(t *testing.T, db *store.DB, seed uint64) *things {
	w := &things{t: t, db: db, guard: access.New(db), rand: rand.New(rand.NewPCG(seed, 3)), has: map[string][]string{}}
	w.do(`insert into organization (id, slug, name, region, time_zone, locale, status, demo, settings, created_at, updated_at, version)
		values ('o', 'o', 'O', 'US', 'UTC', 'en', 'active', false, '{}', 1, 1, 1)`)
	return w
}

func (w *things) do(statement string, args ...any) {
	w.t.Helper()
	err := w.db.Write(w.t.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(w.t.Context(), statement, args...); return err })
	if err != nil {
		w.t.Fatalf("%s %v: %v", statement, args, err)
	}
}

func (w *things) add(kind string) string {
	w.number++
	id := fmt.Sprintf("%s%d", kind, w.number)
	w.has[kind] = append(w.has[kind], id)
	return id
}

// one is one of a kind, null if there is none.
func (w *things) one(kind string) any {
	if all := w.has[kind]; len(all) > 0 {
		return all[w.rand.IntN(len(all))]
	}
	return nil
}

func (w *things) drop(kind string) (id string, ok bool) {
	all := w.has[kind]
	if len(all) == 0 {
		return "", false
	}
	i := w.rand.IntN(len(all))
	id = all[i]
	w.has[kind] = append(append([]string{}, all[:i]...), all[i+1:]...)
	return id, true
}

// place is a scope, as the columns of a rule.
func (w *things) place() (kind string, customer, group, device any) {
	switch w.rand.IntN(4) {
	case 0:
		if customer = w.one("c"); customer != nil {
			return "customer", customer, nil, nil
		}
	case 1:
		if group = w.one("g"); group != nil {
			return "device_group", nil, group, nil
		}
	case 2:
		if device = w.one("d"); device != nil {
			return "device", nil, nil, device
		}
	}
	return "all_devices", nil, nil, nil
}

func (w *things) subject() (technician, team any) {
	if w.rand.IntN(2) == 0 {
		if team = w.one("s"); team != nil {
			return nil, team
		}
	}
	return w.one("t"), nil
}

// step changes something.
func (w *things) step() {
	switch w.rand.IntN(20) {
	case 0:
		id := w.add("t")
		w.do(insertTechnician, id, id+"@example.com", []string{"technician", "manager", "read_only", "administrator"}[w.rand.IntN(4)])
	case 1:
		w.do(insertCustomer, w.add("c"))
	case 2:
		w.do(insertTeam, w.add("s"))
	case 3:
		w.do(insertRole, w.add("r"), `["device.terminal", "device.files"]`)
	case 4:
		parent := w.one("g")
		w.do(insertGroup, w.add("g"), parent)
	case 5, 6:
		group := w.one("g")
		w.do(insertDevice, w.add("d"), group)
	case 7:
		w.do(`update device_group set customer_id = $1 where org_id = 'o' and parent_id is null and id = $2`, w.one("c"), w.one("g"))
		w.do(`update device_group set customer_id = (select p.customer_id from device_group p where p.org_id = 'o' and p.id = device_group.parent_id) where org_id = 'o' and parent_id is not null`)
		w.do(`update device set customer_id = (select g.customer_id from device_group g where g.org_id = 'o' and g.id = device.group_id) where org_id = 'o' and group_id is not null`)
	case 8:
		w.do(`update device set group_id = $1, customer_id = (select customer_id from device_group where org_id = 'o' and id = $1) where org_id = 'o' and id = $2`, w.one("g"), w.one("d"))
	case 9:
		if id, ok := w.drop("d"); ok {
			w.do(`delete from device where org_id = 'o' and id = $1`, id)
		}
	case 10:
		if id, ok := w.drop("t"); ok {
			w.do(`delete from technician where org_id = 'o' and id = $1`, id)
		}
	case 11:
		w.do(`update technician set status = case status when 'active' then 'suspended' else 'active' end where org_id = 'o' and id = $1`, w.one("t"))
	case 12, 13:
		if team, technician := w.one("s"), w.one("t"); team != nil && technician != nil {
			w.do(`insert into team_member (org_id, team_id, technician_id, member, lead) values ('o', $1, $2, true, false) on conflict do nothing`, team, technician)
		}
	case 14:
		w.do(`delete from team_member where org_id = 'o' and technician_id = $1`, w.one("t"))
	case 15:
		if technician, customer := w.one("t"), w.one("c"); technician != nil && customer != nil {
			w.do(`insert into technician_customer (org_id, technician_id, customer_id) values ('o', $1, $2) on conflict do nothing`, technician, customer)
		}
		if team, customer := w.one("s"), w.one("c"); team != nil && customer != nil {
			w.do(`insert into team_customer (org_id, team_id, customer_id) values ('o', $1, $2) on conflict do nothing`, team, customer)
		}
	case 16, 17:
		technician, team := w.subject()
		if role := w.one("r"); role != nil && (technician != nil || team != nil) {
			kind, customer, group, device := w.place()
			w.do(insertGrant, w.add("x"), technician, team, role, kind, customer, group, device)
		}
	case 18:
		if technician, team := w.subject(); technician != nil || team != nil {
			kind, customer, group, device := w.place()
			w.do(insertOverride, w.add("y"), technician, team, []string{"allow", "deny"}[w.rand.IntN(2)], "device.terminal", kind, customer, group, device)
		}
	default:
		w.rest()
	}
}

func (w *things) rest() {
	switch w.rand.IntN(14) {
	case 10:
		w.do(insertPlatformRole, w.add("p"), []string{"technician", "manager"}[w.rand.IntN(2)], []string{"all", "own", "teams"}[w.rand.IntN(3)], `["device.terminal"]`)
	case 11:
		if technician, role := w.one("t"), w.one("p"); technician != nil && role != nil {
			w.do(givePlatformRole, technician, role)
		}
	case 12:
		w.do(`update platformrole set permissions = '["device.reboot"]', customers = 'assigned' where org_id = 'o' and id = $1`, w.one("p"))
		w.do(`update technician set platform_role = 'manager' where org_id = 'o' and id = $1`, w.one("t"))
	case 13:
		if id, ok := w.drop("p"); ok {
			w.do(`update platformrole_technician set platformrole_id = null where org_id = 'o' and platformrole_id = $1`, id)
			w.do(`delete from platformrole where org_id = 'o' and id = $1`, id)
		}
	case 0:
		if id, ok := w.drop("s"); ok {
			w.do(`delete from team where org_id = 'o' and id = $1`, id)
		}
	case 1:
		w.do(`update role set permissions = '["device.reboot"]' where org_id = 'o' and id = $1`, w.one("r"))
	case 2:
		if id, ok := w.drop("r"); ok {
			w.do(`delete from grant_role where org_id = 'o' and role_id = $1`, id)
			w.do(`delete from role where org_id = 'o' and id = $1`, id)
		}
	case 3:
		if customer := w.one("c"); customer != nil {
			w.do(insertDefault, customer, customer, `["device.files"]`)
		}
		w.do(insertDefault, "", nil, `["device.reboot"]`)
	case 4:
		w.do(`delete from grant_override where org_id = 'o' and id = $1`, w.one("y"))
	case 5:
		kind, customer, group, device := w.place()
		w.do(`update grant_role set scope_type = $1, customer_id = $2, group_id = $3, device_id = $4 where org_id = 'o' and id = $5`, kind, customer, group, device, w.one("x"))
	case 6:
		w.do(`update organization set status = case status when 'active' then 'suspended' else 'active' end where id = 'o'`)
		w.do(`update organization set status = 'active' where id = 'o'`)
	case 7:
		if customer := w.one("c"); customer != nil {
			w.do(insertMarks, customer, customer, `["device.terminal"]`)
		}
		w.do(insertMarks, "", nil, []string{`["device.reboot"]`, `[]`}[w.rand.IntN(2)])
	case 8:
		w.do(`update role set sensitive = '["device.files"]' where org_id = 'o' and id = $1`, w.one("r"))
	case 9:
		if technician, device := w.one("t"), w.one("d"); technician != nil && device != nil {
			on := engine.Target{Type: engine.Device, ID: device.(string)} //nolint:forcetypeassert // things are named by texts
			w.do(insertWindow, technician, access.WindowFor(perm.DeviceTerminal, on), store.Time(store.Now().Add(time.Hour)))
		}
		w.do(`delete from approval_window where org_id = 'o' and technician_id = $1`, w.one("t"))
	}
}

// answers is everything that an engine says about the organization.
func (w *things) answers(guard *access.Guard) map[string]string {
	e, err := guard.Engine(w.t.Context(), "o")
	if err != nil {
		w.t.Fatal(err)
	}
	out, now := map[string]string{}, time.Now()
	targets := []engine.Target{{Type: engine.AllDevices}}
	for kind, t := range map[string]engine.Type{"d": engine.Device, "g": engine.DeviceGroup, "c": engine.Customer} {
		for _, id := range w.has[kind] {
			targets = append(targets, engine.Target{Type: t, ID: id})
		}
	}
	for _, who := range w.has["t"] {
		for _, p := range []perm.Permission{perm.DeviceView, perm.DeviceTerminal, perm.DeviceFiles, perm.DeviceReboot} {
			for _, on := range targets {
				out[fmt.Sprint(who, p, on)] = fmt.Sprint(e.Explain(now, who, p, on))
			}
			out[fmt.Sprint(who, p)] = fmt.Sprint(len(e.Devices(now, who, p)))
		}
	}
	return out
}

// What a guard says that followed every change is what a guard says that has just read everything; also one on another server.
func TestTheGuardFollowsTheDatabase(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newThings(t, db, 1)
		w.answers(w.guard)
		elsewhere := access.New(db) // told of nothing but by Follow, like that of another server
		_ = w.answers(elsewhere)
		denied := 0
		for i := range 150 {
			w.step()
			if i%5 != 4 {
				continue
			}
			fresh := w.answers(access.New(db))
			for _, want := range fresh {
				if strings.HasPrefix(want, "{deny ") {
					denied++
				}
			}
			same(t, "the guard of this server", fresh, w.answers(w.guard))
			if err := elsewhere.Follow(t.Context()); err != nil {
				t.Fatal(err)
			}
			same(t, "the guard of another server", fresh, w.answers(elsewhere))
			if t.Failed() {
				t.FailNow()
			}
		}
		if len(w.has["d"]) == 0 || denied == 0 {
			t.Error("nothing was asked")
		}
	})
}

func same(t *testing.T, who string, want, got map[string]string) {
	t.Helper()
	for q, answer := range want {
		if got[q] != answer {
			t.Errorf("%s on %s:\n got %s\nwant %s", who, q, got[q], answer)
		}
	}
}

// A change that is taken back was never one, and one that was made before somebody else's that was begun later is not missed.
func TestChangesThatOverlap(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newThings(t, db, 2)
		w.do(insertTechnician, "tom", "tom@example.com", "technician")
		w.do(insertTechnician, "ann", "ann@example.com", "technician")
		tom := access.WithActor(t.Context(), access.Actor{OrgID: "o", Kind: access.Technician, ID: "tom", Role: perm.Technician})
		w.do(insertCustomer, "acme")
		if err := w.guard.Check(tom, perm.ContactView, access.Object{CustomerID: "acme"}); err == nil {
			t.Fatal("reached before it is assigned")
		}
		gone := errors.New("taken back")
		err := db.Write(t.Context(), func(tx *store.Tx) error {
			_, err := tx.ExecContext(t.Context(), `insert into technician_customer (org_id, technician_id, customer_id) values ('o', 'tom', 'acme')`)
			return errors.Join(err, gone)
		})
		if !errors.Is(err, gone) || w.guard.Check(tom, perm.ContactView, access.Object{CustomerID: "acme"}) == nil {
			t.Fatal("a change that was taken back counts")
		}
		if db.Dialect() == store.SQLite {
			return // where writers stand in line
		}
		noted, others := make(chan struct{}), make(chan struct{})
		done := make(chan error)
		go func() {
			done <- db.Write(context.WithoutCancel(t.Context()), func(tx *store.Tx) error {
				_, err := tx.ExecContext(t.Context(), `insert into technician_customer (org_id, technician_id, customer_id) values ('o', 'tom', 'acme')`)
				close(noted)
				<-others
				return err
			})
		}()
		<-noted
		w.do(`update technician set status = 'suspended' where org_id = 'o' and id = 'ann'`) // noted later, committed earlier
		elsewhere := access.New(db)
		if err := elsewhere.Check(tom, perm.ContactView, access.Object{CustomerID: "acme"}); err == nil {
			t.Error("reached before it is committed")
		}
		if err := elsewhere.Follow(t.Context()); err != nil {
			t.Error(err)
		}
		close(others)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := elsewhere.Follow(t.Context()); err != nil {
			t.Error(err)
		}
		for who, guard := range map[string]*access.Guard{"this": w.guard, "another": elsewhere} {
			if err := guard.Check(tom, perm.ContactView, access.Object{CustomerID: "acme"}); err != nil {
				t.Errorf("%s server missed it: %v", who, err)
			}
		}
	})
}

// What cannot be brought into step refuses; it is read anew once it can be.
func TestAGuardWithoutItsDatabaseRefuses(t *testing.T) {
	db := storetest.Open(t)
	w := newThings(t, db, 4)
	admin := access.WithActor(t.Context(), access.Actor{OrgID: "o", Kind: access.Technician, ID: "ada", Role: perm.Administrator})
	if err := w.guard.Check(admin, perm.AdminSettings, access.Object{}); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.guard.Follow(ended); err == nil {
		t.Fatal("followed a database that does not answer")
	}
	if err := w.guard.Check(access.WithActor(ended, access.ActorFrom(admin)), perm.AdminSettings, access.Object{}); err == nil {
		t.Error("decided from what may be out of step")
	}
	if err := w.guard.Check(admin, perm.AdminSettings, access.Object{}); err != nil {
		t.Errorf("not read anew: %v", err)
	}
}

func TestSweepForgetsOldChanges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newThings(t, db, 5)
		w.answers(w.guard)
		w.do(insertTechnician, "old", "old@example.com", "technician")
		w.do(`update access_change set at = 1`)
		w.do(insertTechnician, "new", "new@example.com", "technician")
		if err := w.guard.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		var kept string
		var n int
		if err := db.Read().QueryRowContext(t.Context(), `select count(*), max(id) from access_change`).Scan(&n, &kept); err != nil || n != 1 || kept != "new" {
			t.Errorf("kept %d changes, %q: %v", n, kept, err)
		}
		w.do(insertTechnician, "newer", "newer@example.com", "administrator")
		e, err := w.guard.Engine(t.Context(), "o")
		if err != nil || e.Check(time.Now(), "newer", perm.AdminSettings, engine.Target{Type: engine.Organization}) != engine.Allow {
			t.Errorf("not told of the newer: %v", err)
		}
	})
}
