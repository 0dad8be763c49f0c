package role_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

func keep(role.Role) error { return nil }

// change applies one edit.
func change(ctx context.Context, w *granttest.World, id string, edit func(*role.Fields)) (role.Role, error) {
	return w.Roles.Update(ctx, id, func(r role.Role) (role.Fields, error) {
		f := r.Fields
		edit(&f)
		return f, nil
	})
}

func second[T any](_ T, err error) error { return err }

func TestRoles(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		r := w.Role("  Helper ", perm.Devices, perm.DeviceWake, perm.DeviceWake)
		if r.Name != "Helper" || !slices.Equal(r.Permissions, []perm.Permission{perm.DeviceView, perm.DeviceWake}) {
			t.Errorf("%+v", r.Fields)
		}
		for name, tc := range map[string]struct {
			want    role.Fields
			pointer string
		}{
			"no name":            {role.Fields{Name: " ", Purpose: perm.Devices}, "/name"},
			"long name":          {role.Fields{Name: strings.Repeat("é", 101), Purpose: perm.Devices}, "/name"},
			"long description":   {role.Fields{Name: "A", Description: strings.Repeat("é", 2001), Purpose: perm.Devices}, "/description"},
			"no purpose":         {role.Fields{Name: "A"}, "/purpose"},
			"unknown purpose":    {role.Fields{Name: "A", Purpose: "everything"}, "/purpose"},
			"another's purpose":  {role.Fields{Name: "A", Purpose: perm.Customers, Permissions: []perm.Permission{perm.TicketView, perm.DeviceWake}}, "/permissions/1"},
			"unknown permission": {role.Fields{Name: "A", Purpose: perm.Customers, Permissions: []perm.Permission{"ticket.eat"}}, "/permissions/0"},
			"a system's name":    {role.Fields{Name: "Mine (system)", Purpose: perm.Devices}, "/name"},
		} {
			e, ok := errors.AsType[*fault.Error](second(w.Roles.Create(w.Boss(), tc.want)))
			if !ok || e.Kind != fault.Invalid || len(e.Fields) == 0 || e.Fields[0].Pointer != tc.pointer {
				t.Errorf("%s: %v", name, e)
			}
		}
		if code := fault.CodeOf(second(w.Roles.Create(w.Boss(), role.Fields{Name: "HELPER", Purpose: perm.Customers}))); code != "role.name_taken" {
			t.Error(code)
		}
		next, err := change(w.Boss(), w, r.ID, func(f *role.Fields) { f.Permissions, f.Description = []perm.Permission{perm.DeviceChat}, "Chat" })
		if err != nil || next.Version != 2 || !slices.Equal(next.Permissions, []perm.Permission{perm.DeviceView, perm.DeviceChat}) {
			t.Errorf("%v %+v", err, next)
		}
		if code := fault.CodeOf(second(change(w.Boss(), w, r.ID, func(f *role.Fields) { f.Purpose, f.Permissions = perm.Customers, nil }))); code != "role.purpose_fixed" {
			t.Error(code)
		}
		if same, err := change(w.Boss(), w, r.ID, func(*role.Fields) {}); err != nil || same.Version != 2 {
			t.Errorf("nothing changed: %v %+v", err, same)
		}
		if n := w.Audited("role.update", audit.Success); n != 1 {
			t.Errorf("%d changes in the record", n)
		}
	})
}

func TestListsOfRoles(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		names := []string{"Alpha helper", "beta Helper", "Gamma"}
		for _, n := range names {
			w.Role(n, perm.Customers)
		}
		list := func(q role.Query) (got []string) {
			for {
				found, next, err := w.Roles.List(w.Boss(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range found {
					got = append(got, r.Name)
				}
				if q.Cursor = next; next == "" {
					return got
				}
			}
		}
		if got := list(role.Query{Text: "HELP", Page: store.Page{Limit: 1}}); !slices.Equal(got, names[:2]) {
			t.Errorf("%v", got)
		}
		if got := list(role.Query{Purpose: perm.Customers, Sort: "-name", Page: store.Page{Limit: 2}}); !slices.Equal(got, []string{"Gamma", "beta Helper", "Alpha helper"}) {
			t.Errorf("%v", got)
		}
		if got := list(role.Query{Page: store.Page{Limit: 5}}); len(got) != 12 || !slices.IsSortedFunc(got, func(a, b string) int { return strings.Compare(store.Fold(a), store.Fold(b)) }) {
			t.Errorf("%v", got)
		}
	})
}

func TestDeletingARoleTakesItsGrantsAlong(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		c := w.Customer("Acme")
		bo, cy := w.Technician("bo", perm.Technician, c), w.Technician("cy", perm.Technician, c)
		desk := w.Team("Desk", []string{bo.ID}, nil)
		r := w.Role("Écrans & co", perm.Devices, perm.DeviceScreenView)
		w.Give(granttest.Technician(bo.ID), r, granttest.On(engine.Customer, c))
		w.Give(granttest.Technician(bo.ID), r, granttest.On(engine.AllDevices, ""))
		w.Give(granttest.Technician(cy.ID), r, granttest.On(engine.AllDevices, ""))
		w.Give(granttest.Team(desk), r, granttest.On(engine.AllDevices, ""))
		if r, err := w.Roles.Find(w.Boss(), r.ID); err != nil || r.Usage != (role.Usage{Technicians: 2, Teams: 1, Grants: 4}) {
			t.Errorf("%v %+v", err, r.Usage)
		}
		for _, confirm := range []string{"", "Écrans", "%C3%89crans+%26+co", "%C3%89crans%20%26%20CO", "%zz"} {
			if code := fault.CodeOf(w.Roles.Delete(w.Boss(), r.ID, confirm, keep)); code != "role.confirm_name" {
				t.Errorf("%q: %s", confirm, code)
			}
		}
		if err := w.Roles.Delete(w.Boss(), r.ID, "%C3%89crans%20%26%20co", keep); err != nil {
			t.Fatal(err)
		}
		if gone, kept := w.Audited("grant.delete", audit.Success), w.Audited("role.delete", audit.Success); gone != 4 || kept != 1 {
			t.Errorf("%d grants and %d roles in the record", gone, kept)
		}
		if code := fault.CodeOf(second(w.Roles.Find(w.Boss(), r.ID))); code != "role.not_found" {
			t.Error(code)
		}
		if err := second(w.Roles.Create(w.Boss(), role.Fields{Name: r.Name, Purpose: perm.Devices, Permissions: []perm.Permission{perm.DeviceScreenView}})); err != nil {
			t.Error("the name is not free again", err)
		}
		if n, err := w.Grants.Create(w.Boss(), grant.Fields{Subject: granttest.Technician(bo.ID), RoleID: r.ID, On: granttest.On(engine.AllDevices, "")}); fault.CodeOf(err) != "grant.role_unknown" {
			t.Error("a grant revived a role", n, err)
		}
	})
}

func TestThereIsRoomForSoManyRoles(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		for i := range 500 - len(role.System()) {
			w.Role(fmt.Sprint("Role ", i), perm.Customers)
		}
		if code := fault.CodeOf(second(w.Roles.Create(w.Boss(), role.Fields{Name: "One more", Purpose: perm.Customers}))); code != "role.too_many" {
			t.Error(code)
		}
	})
}

// The roles that come with Countersign hold what D-7 says, in every organization, and stay as they are.
func TestSystemRoles(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		full := perm.BitsWhere(func(e perm.Entry) bool { return e.Purpose == perm.Devices })
		for name, want := range map[string]perm.Bits{
			"Full device access":     full,
			"Device connection only": perm.BitsOf("device.view", "device.screen.view", "device.screen.control", "device.terminal", "device.files", "device.clipboard", "device.chat"),
			"All invitations":        perm.BitsWhere(func(e perm.Entry) bool { return e.Purpose == perm.Invitations && e.Name != "invitation.own" }),
			"Own invitations":        perm.BitsWhere(func(e perm.Entry) bool { return e.Purpose == perm.Invitations && e.Name != "invitation.all" }),
			"Team administrator":     perm.BitsOf("admin.technicians", "admin.roles", "admin.import", "admin.skills", "admin.reviews"),
			"Branding administrator": perm.BitsOf("admin.branding", "admin.templates"),
			"Billing administrator":  perm.BitsOf("admin.billing"),
			"Auditor":                perm.BitsOf("admin.audit"),
			"Devices list":           perm.BitsOf("admin.permanent_access"),
		} {
			if r := w.System(name); !r.System || perm.BitsOf(r.Permissions...) != want {
				t.Errorf("%s: %+v", name, r)
			}
		}
	})
}

func TestAttack41ASystemRoleChanges(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		r := w.System("Auditor")
		for name, err := range map[string]error{
			"more":   second(change(w.Boss(), w, r.ID, func(f *role.Fields) { f.Permissions = append(f.Permissions, perm.AdminRoles) })),
			"name":   second(change(w.Boss(), w, r.ID, func(f *role.Fields) { f.Name = "Mine" })),
			"delete": w.Roles.Delete(w.Boss(), r.ID, "Auditor%20(System)", keep),
		} {
			if fault.CodeOf(err) != "role.system" || fault.KindOf(err) != fault.Conflict {
				t.Errorf("%s: %v", name, err)
			}
		}
		if again := w.System("Auditor"); again.Version != 1 || !slices.Equal(again.Permissions, r.Permissions) || again.Name != r.Name {
			t.Errorf("%+v", again)
		}
	})
}

// An upgrade brings the roles up to date, and says so once; so does one that finds an organization without them.
func TestAnUpgradeBringsSystemRolesUpToDate(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		r := w.System("Auditor")
		exec(t, w, `update role set permissions = '["admin.settings"]', description = 'Old' where org_id = $1 and id = $2`, w.Org.ID, r.ID)
		exec(t, w, `delete from role where org_id = $1 and name = 'Devices list (System)'`, w.Org.ID)
		for range 2 {
			if err := w.Roles.EnsureSystem(w.World.System()); err != nil {
				t.Fatal(err)
			}
		}
		if again := w.System("Auditor"); again.ID != r.ID || again.Version != 2 || !slices.Equal(again.Permissions, r.Permissions) || again.Description != r.Description {
			t.Errorf("%+v", again)
		}
		w.System("Devices list")
		if changed, made := w.Audited("role.update", audit.Success), w.Audited("role.create", audit.Success); changed != 1 || made != 1 {
			t.Errorf("%d changed, %d made", changed, made)
		}
	})
}

func exec(t *testing.T, w *granttest.World, statement string, args ...any) {
	t.Helper()
	err := w.DB.Write(t.Context(), func(tx *store.Tx) error { return second(tx.ExecContext(t.Context(), statement, args...)) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestHTTP(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		bo, may := w.Technician("bo", perm.Technician), w.Administers("may")
		s := w.Serve(map[string]access.Actor{"boss": access.ActorFrom(w.Boss()), "bo": w.ActorOf(bo), "may": w.ActorOf(may)}, w.Roles.Routes)
		status, got, header := s.Do("boss", "POST", "/api/roles", `{"name":"Helper","description":"Helps","purpose":"devices","permissions":["device.wake"]}`)
		path := fmt.Sprint("/api/roles/", got["id"])
		if status != 201 || header.Get("Location") != path || header.Get("ETag") != `"1"` || fmt.Sprint(got["permissions"]) != "[device.view device.wake]" || got["system"] != false {
			t.Fatalf("%d %v", status, got)
		}
		system := "/api/roles/" + w.System("Auditor").ID
		for _, step := range []struct {
			actor, method, path, body string
			headers                   []string
			want                      int
		}{
			{"", "GET", "/api/permissions", "", nil, 401},
			{"", "GET", "/api/roles", "", nil, 401},
			{"bo", "GET", "/api/permissions", "", nil, 200},
			{"bo", "GET", "/api/roles", "", nil, 403},
			{"bo", "GET", path, "", nil, 403},
			{"bo", "POST", "/api/roles", "{", nil, 403},
			{"bo", "PATCH", path, "{", nil, 403},
			{"may", "GET", "/api/roles?q=help&purpose=devices&sort=-created_at&limit=1", "", nil, 200},
			{"may", "GET", "/api/roles?sort=size", "", nil, 422},
			{"may", "GET", "/api/roles?cursor=x", "", nil, 422},
			{"may", "GET", path, "", nil, 200},
			{"boss", "POST", "/api/roles", `{"name":"A","purpose":"devices","system":true}`, nil, 422},
			{"boss", "POST", "/api/roles", `{"name":"A","purpose":"devices","id":"x"}`, nil, 422},
			{"boss", "POST", "/api/roles", `{"name":"","purpose":"devices"}`, nil, 422},
			{"boss", "POST", "/api/roles", `{"name":"A"}`, nil, 422},
			{"boss", "POST", "/api/roles", `{"name":"helper","purpose":"devices"}`, nil, 409},
			{"boss", "PATCH", path, `{"name":"Helpers"}`, []string{`If-Match: "1"`}, 200},
			{"boss", "PATCH", path, `{"name":"Stale"}`, []string{`If-Match: "1"`}, 412},
			{"boss", "PATCH", path, `{"purpose":"customers"}`, nil, 422},
			{"boss", "PATCH", path, `{"system":true}`, nil, 422},
			{"boss", "PATCH", system, `{"name":"Mine"}`, nil, 409},
			{"boss", "DELETE", system, "", []string{"X-Confirm-Name: Auditor%20(System)"}, 409},
			{"boss", "PUT", path, `{"name":"Helper","purpose":"devices","permissions":["device.chat"]}`, []string{`If-Match: "2"`}, 200},
			{"boss", "DELETE", path, "", nil, 422},
			{"boss", "DELETE", path, "", []string{"X-Confirm-Name: Helpers"}, 422},
			{"boss", "DELETE", path, "", []string{"X-Confirm-Name: Helper", `If-Match: "2"`}, 412},
			{"boss", "DELETE", path, "", []string{"X-Confirm-Name: %48elper", `If-Match: "3"`}, 204},
			{"boss", "GET", path, "", nil, 404},
			{"boss", "PATCH", path, `{"name":"Back"}`, nil, 404},
		} {
			if status, got, _ := s.Do(step.actor, step.method, step.path, step.body, step.headers...); status != step.want {
				t.Errorf("%s %s %s %s: %d %v, want %d", step.actor, step.method, step.path, step.body, status, got, step.want)
			}
		}
	})
}
