package usage_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/usage"
)

// site is where Tom has a role by himself and by his team, and Una has it until tomorrow.
type site struct {
	*granttest.World

	service              *usage.Service
	tom, una             string
	team, customer       string
	devices              []string
	operator             role.Role
	toms, unas, theTeams grant.Grant
}

func eachSite(t *testing.T, fn func(t *testing.T, w *site)) {
	t.Helper()
	granttest.Each(t, func(t *testing.T, g *granttest.World) {
		w := &site{World: g, service: usage.New(g.DB, g.Guard, g.Guard, g.Roles, g.Grants, slog.New(slog.NewTextHandler(t.Output(), nil)))}
		w.customer = g.Customer("Acme")
		group := g.Group("Site", w.customer, "")
		w.devices = []string{g.Device("srv", group), g.Device("pc", g.Group("Else", g.Customer("Beta"), ""))}
		w.tom, w.una = g.Technician("tom", perm.Technician, w.customer).ID, g.Technician("una", perm.Technician, w.customer).ID
		w.team = g.Team("Night", []string{w.tom}, nil)
		w.operator = g.Role("Operator", perm.Devices, perm.DeviceWake, perm.DeviceFiles, perm.DeviceTerminal)
		w.toms = g.Give(granttest.Technician(w.tom), w.operator, granttest.On(engine.DeviceGroup, group))
		w.theTeams = g.Give(granttest.Team(w.team), w.operator, granttest.On(engine.Customer, w.customer))
		w.unas = granttest.Must(g.Grants.Create(g.Boss(), grant.Fields{
			Subject: granttest.Technician(w.una), RoleID: w.operator.ID, On: granttest.On(engine.DeviceGroup, group), Reason: "Holiday",
			Times: grant.Times{NotBefore: store.Now().Add(-time.Hour), ExpiresAt: store.Now().Add(24 * time.Hour)},
		}))(t)
		fn(t, w)
	})
}

// may is all that both may do with the devices.
func (w *site) may() (out []string) {
	w.T.Helper()
	e := granttest.Must(w.Guard.Engine(w.T.Context(), w.Org.ID))(w.T)
	for _, who := range []string{w.tom, w.una} {
		for _, d := range w.devices {
			for _, p := range e.Permissions(store.Now(), who, granttest.On(engine.Device, d)) {
				out = append(out, who+" "+d+" "+string(p))
			}
		}
	}
	return out
}

// narrow leaves the terminal out.
func (w *site) narrow(ctx context.Context, r role.Role, of *grant.Subject, shown ...grant.Grant) (role.Role, int, error) {
	want := usage.Narrowed{Fields: role.Fields{Name: "Narrower " + r.Name, Permissions: slices.DeleteFunc(slices.Clone(r.Permissions), func(p perm.Permission) bool { return p == perm.DeviceTerminal }), Sensitive: r.Sensitive}, Of: of}
	for _, g := range shown {
		want.Shown = append(want.Shown, g.ID)
	}
	return w.service.Narrow(ctx, r.ID, want, func(now role.Role) error { return httpapi.IfMatch(httpapi.ETag(r.Version), now.Version) })
}

func (w *site) of(roleID string) []grant.Grant {
	w.T.Helper()
	found, _, err := w.Grants.List(w.Boss(), grant.Query{RoleID: roleID, Sort: "created_at", Page: store.Page{Limit: 200}})
	if err != nil {
		w.T.Fatal(err)
	}
	return found
}

func TestGrantsMoveToANarrowerRole(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		before := w.may()
		r, moved, err := w.narrow(w.Boss(), w.operator, nil, w.unas, w.toms, w.theTeams)
		if err != nil || moved != 3 {
			t.Fatal(moved, err)
		}
		want := slices.DeleteFunc(before, func(s string) bool { return s[len(s)-len("device.terminal"):] == "device.terminal" })
		if got := w.may(); !slices.Equal(got, want) || len(want) == 0 {
			t.Errorf("they may %v, want %v", got, want)
		}
		if left := w.of(w.operator.ID); len(left) != 0 {
			t.Errorf("%d grants of the old role are left", len(left))
		}
		now := w.of(r.ID)
		if len(now) != 3 {
			t.Fatalf("%d grants of the new role", len(now))
		}
		for _, old := range []grant.Grant{w.toms, w.unas, w.theTeams} {
			if !slices.ContainsFunc(now, func(g grant.Grant) bool {
				return g.Subject.ID == old.Subject.ID && g.Scope.Target == old.Scope.Target && g.NotBefore.Equal(old.NotBefore) && g.ExpiresAt.Equal(old.ExpiresAt) && g.Reason == old.Reason && g.ID != old.ID
			}) {
				t.Errorf("%+v has not become another of the same", old)
			}
		}
		if made, ended := w.Audited("grant.create", audit.Success), w.Audited("grant.delete", audit.Success); made != 6 || ended != 3 {
			t.Errorf("%d made and %d ended in the record", made, ended)
		}
	})
}

func TestGrantsOfOneMoveAndOthersStay(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		team, una := granttest.Team(w.team), granttest.Technician(w.una)
		first, moved, err := w.narrow(w.Boss(), w.operator, &una, w.unas)
		if err != nil || moved != 1 || len(w.of(w.operator.ID)) != 2 || len(w.of(first.ID)) != 1 {
			t.Fatal(moved, err)
		}
		before := w.may()
		w.operator = granttest.Must(w.Roles.Update(w.Boss(), w.operator.ID, func(r role.Role) (role.Fields, error) { r.Name = "Worker"; return r.Fields, nil }))(t)
		if _, moved, err = w.narrow(w.Boss(), w.operator, &team, w.theTeams); err != nil || moved != 1 {
			t.Fatal(moved, err)
		}
		if after := w.may(); !slices.Equal(after, before) {
			t.Error("Tom lost what he has by himself")
		}
	})
}

// Somebody else's change is never lost, and nothing is done that was not looked at.
func TestAStalePageMovesNothing(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		una := granttest.Technician(w.una)
		stale := func(what string, of *grant.Subject, shown ...grant.Grant) {
			t.Helper()
			roles := w.Audited("role.create", audit.Success)
			if _, _, err := w.narrow(w.Boss(), w.operator, of, shown...); fault.KindOf(err) != fault.Stale {
				t.Errorf("%s: %v", what, err)
			}
			if w.Audited("role.create", audit.Success) != roles || w.Audited("grant.delete", audit.Success) != 0 {
				t.Errorf("%s: something was done", what)
			}
		}
		stale("fewer were shown", nil, w.toms, w.theTeams)
		stale("somebody else's was shown", &una, w.unas, w.toms)
		meanwhile := w.Give(una, w.operator, granttest.On(engine.Device, w.devices[0]))
		stale("a grant was made meanwhile", nil, w.toms, w.theTeams, w.unas)
		stale("one of hers was made meanwhile", &una, w.unas)
		if _, err := w.Grants.Find(w.Boss(), meanwhile.ID); err != nil {
			t.Error(err)
		}
		was := w.operator
		granttest.Must(w.Roles.Update(w.Boss(), was.ID, func(r role.Role) (role.Fields, error) { r.Description = "other"; return r.Fields, nil }))(t)
		stale("the role was changed meanwhile", &una, w.unas, meanwhile)
	})
}

func TestAttack41NobodyMovesWhatTheyMayNotGiveOrTake(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		all := []grant.Grant{w.toms, w.unas, w.theTeams}
		nothing := func(what, code string, err error) {
			t.Helper()
			if got := fault.CodeOf(err); got != code {
				t.Errorf("%s: %v, want %s", what, err, code)
			}
			if len(w.of(w.operator.ID)) != 3 {
				t.Fatalf("%s: something moved", what)
			}
		}
		_, _, err := w.narrow(w.Act(w.Administers("may", w.customer)), w.operator, nil, all...)
		nothing("who does not hold it", "access.beyond_own", err)
		// Who makes roles and does not manage technicians.
		rolesOnly := w.Technician("rita", perm.Technician, w.customer)
		w.Give(granttest.Technician(rolesOnly.ID), w.Role("Roles", perm.Administration, perm.AdminRoles), granttest.On(engine.Organization, ""))
		w.Give(granttest.Technician(rolesOnly.ID), w.System("Full device access"), granttest.On(engine.AllDevices, ""))
		_, _, err = w.narrow(w.Act(rolesOnly), w.operator, nil, all...)
		nothing("who may not give", "access.denied", err)
		givesOnly := w.Technician("gil", perm.Technician, w.customer)
		w.Give(granttest.Technician(givesOnly.ID), w.Role("Gives", perm.Administration, perm.AdminTechnicians), granttest.On(engine.Organization, ""))
		_, _, err = w.narrow(w.Act(givesOnly), w.operator, nil, all...)
		nothing("who may not make roles", "access.denied", err)
		// Somebody above: all, or none.
		mona := w.Technician("mona", perm.Administrator)
		hers := w.Give(granttest.Technician(mona.ID), w.operator, granttest.On(engine.AllDevices, ""))
		manager := w.Administers("max")
		w.Give(granttest.Technician(manager.ID), w.System("Full device access"), granttest.On(engine.AllDevices, ""))
		_, _, err = w.narrow(w.Act(manager), w.operator, nil, append(all, hers)...)
		if fault.KindOf(err) != fault.Denied || len(w.of(w.operator.ID)) != 4 {
			t.Errorf("somebody above: %v, %d left", err, len(w.of(w.operator.ID)))
		}
		if w.Audited("grant.create", audit.Denied) == 0 {
			t.Error("no refusal is in the record")
		}
		for name, f := range map[string]role.Fields{
			"usage.not_narrower": {Name: "X", Permissions: []perm.Permission{perm.DeviceChat}},
			"usage.same_role":    {Name: "X", Permissions: w.operator.Permissions},
		} {
			_, _, err := w.service.Narrow(w.Boss(), w.operator.ID, usage.Narrowed{Fields: f, Shown: []string{w.toms.ID}}, func(role.Role) error { return nil })
			if fault.CodeOf(err) != name {
				t.Errorf("%s: %v", name, err)
			}
		}
		asks := granttest.Must(w.Roles.Create(w.Boss(), role.Fields{Name: "Asks", Purpose: perm.Devices, Permissions: []perm.Permission{perm.DeviceWake, perm.DeviceFiles}, Sensitive: []perm.Permission{perm.DeviceFiles}}))(t)
		g := w.Give(granttest.Technician(w.una), asks, granttest.On(engine.AllDevices, ""))
		_, _, err = w.service.Narrow(w.Boss(), asks.ID, usage.Narrowed{Fields: role.Fields{Name: "Free", Permissions: []perm.Permission{perm.DeviceFiles}}, Shown: []string{g.ID}}, func(role.Role) error { return nil })
		if fault.CodeOf(err) != "usage.fewer_approvals" {
			t.Error(err)
		}
	})
}

func TestANeighboursRoleAndGrantsStay(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		next := granttest.In(w.Beside("Neighbour"))
		theirs := next.Role("Theirs", perm.Devices, perm.DeviceWake, perm.DeviceTerminal)
		g := next.Give(granttest.Technician(next.Technician("nora", perm.Technician).ID), theirs, granttest.On(engine.AllDevices, ""))
		if _, _, err := w.narrow(w.Boss(), theirs, nil, g); fault.KindOf(err) != fault.NotFound {
			t.Error(err)
		}
		if _, _, err := w.narrow(w.Boss(), w.operator, nil, w.toms, w.unas, w.theTeams, g); fault.KindOf(err) != fault.Stale {
			t.Error(err)
		}
		if _, err := next.Grants.Find(next.Boss(), g.ID); err != nil {
			t.Error(err)
		}
	})
}

// A role that comes with Countersign stays as it is; its grants can move. What is over stays too, and too much at once is refused.
func TestGrantsOfASystemsRoleMove(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		full := w.System("Full device access")
		g := w.Give(granttest.Technician(w.una), full, granttest.On(engine.AllDevices, ""))
		over := w.Give(granttest.Technician(w.tom), full, granttest.On(engine.AllDevices, ""))
		w.exec(`update grant_role set expires_at = 1 where org_id = $1 and id = $2`, over.ID)
		want := usage.Narrowed{Fields: role.Fields{Name: "Without deleting", Permissions: slices.DeleteFunc(slices.Clone(full.Permissions), func(p perm.Permission) bool { return p == perm.DeviceDelete })}, Shown: []string{g.ID}}
		if _, moved, err := w.service.Narrow(w.Boss(), full.ID, want, func(role.Role) error { return nil }); err != nil || moved != 1 {
			t.Fatal(moved, err)
		}
		if now, err := w.Roles.Find(w.Boss(), full.ID); err != nil || !slices.Equal(now.Permissions, full.Permissions) {
			t.Error(err)
		}
		if left := w.of(full.ID); len(left) != 1 || left[0].ID != over.ID {
			t.Errorf("%+v", left)
		}
		w.exec(`with recursive n(i) as (select 1 union all select i + 1 from n where i < 501)
			insert into grant_role (org_id, id, technician_id, role_id, scope_type, reason, created_by, created_at)
			select $1, 'many ' || i, $2, $3, 'all_devices', '', '', 1 from n`, w.tom, w.operator.ID)
		if _, _, err := w.narrow(w.Boss(), w.operator, nil, w.toms); fault.CodeOf(err) != "grant.too_many_to_move" {
			t.Error(err)
		}
	})
}

func (w *site) exec(text string, args ...any) {
	w.T.Helper()
	err := w.DB.Write(access.WithActor(w.T.Context(), w.Actor("boss", perm.Administrator)), func(tx *store.Tx) error {
		_, err := tx.ExecContext(w.T.Context(), text, append([]any{w.Org.ID}, args...)...)
		return err //nolint:wrapcheck // of a test
	})
	if err != nil {
		w.T.Fatal(fmt.Errorf("%s: %w", text, err))
	}
}
