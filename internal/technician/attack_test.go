package technician_test

import (
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

func TestAttack40MassAssignment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		server := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator)}, w.Routes)
		for _, field := range []string{
			`"owner": true`, `"state": "activated"`, `"org_id": "x"`, `"id": "x"`, `"epoch": 9`, `"version": 9`, `"is_admin": true`, `"role": "administrator"`,
			`"mfa_exempt": true`, `"imported_from": "scim"`, `"source_id": "x"`, `"sms_consent": {}`, `"avatar": "x"`, `"Platform_Role": "administrator"`, `"last_active_at": null`, `"__proto__": {"owner": true}`,
		} {
			for _, r := range []struct{ method, path, body string }{
				{"POST", "/api/technicians", `{"given_name": "Eve", "email": "eve@example.com", ` + field + `}`},
				{"PATCH", "/api/technicians/" + bo.ID, `{` + field + `}`},
				{"PUT", "/api/technicians/" + bo.ID, `{"given_name": "Bo", "email": "bo@example.com", ` + field + `}`},
			} {
				status, problem, _ := server.Do("admin", r.method, r.path, r.body)
				if status != 422 || problem["code"] == nil || problem["errors"] == nil {
					t.Errorf("%s with %s: %d %v", r.method, field, status, problem)
				}
			}
		}
		got, err := w.Find(w.Admin(), bo.ID)
		if err != nil || got.Version != 1 || got.Owner || got.PlatformRole != perm.Technician {
			t.Errorf("%+v, %v", got, err)
		}
		if found, _, _ := w.List(w.Admin(), technician.Query{Text: "eve", Page: store.Page{Limit: 9}}); len(found) != 0 {
			t.Error("a technician was created")
		}
	})
}

func TestAttack43IDsOfANeighbour(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other := &world{World: w.Beside("Neighbour")}
		bo := w.add("bo", perm.Technician)
		server := w.Serve(map[string]access.Actor{"neighbour": other.Actor("n", perm.Administrator)}, w.Routes)
		for _, r := range []struct{ method, path, body string }{
			{"GET", "", ""},
			{"PATCH", "", `{"given_name": "Mine"}`},
			{"PUT", "", `{"given_name": "Mine", "email": "m@example.com"}`},
			{"DELETE", "", ""},
			{"POST", "/suspend", `{}`},
			{"POST", "/reactivate", ""},
			{"PATCH", "", `not even JSON`},
		} {
			status, answer, _ := server.Do("neighbour", r.method, "/api/technicians/"+bo.ID+r.path, r.body)
			if status != 404 || strings.Contains(fmt.Sprint(answer), "bo@") {
				t.Errorf("%s %s: %d %v", r.method, r.path, status, answer)
			}
		}
		if found, _, err := w.List(other.Admin(), technician.Query{Page: store.Page{Limit: 50}}); err != nil || len(found) != 0 {
			t.Errorf("the neighbour sees %d, %v", len(found), err)
		}
		for name, err := range map[string]error{
			"find":    second(w.Find(other.Admin(), bo.ID)),
			"suspend": second(w.Suspend(other.Admin(), bo.ID, "")),
			"delete":  w.Delete(other.Admin(), bo.ID, func(technician.Technician) error { return nil }),
		} {
			if fault.KindOf(err) != fault.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestAttack44SelfPromotion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		admin, tech := w.add("second", perm.Administrator), w.add("bo", perm.Technician)
		narrow := w.Actor(admin.ID+"x", perm.Administrator)
		narrow.Kind, narrow.Ceiling = access.Token, perm.Set{perm.AdminTechnicians: true}
		token := access.WithActor(t.Context(), narrow)
		promote := func(f *technician.Fields) { f.PlatformRole = perm.Administrator }
		for name, got := range map[string][2]string{
			"own role":                 {w.change(w.act(admin), admin.ID, func(f *technician.Fields) { f.PlatformRole = perm.Manager }), "technician.self"},
			"own status":               {w.change(w.act(admin), admin.ID, func(f *technician.Fields) { f.Status = technician.Suspended }), "technician.self"},
			"own status by its route":  {fault.CodeOf(second(w.Suspend(w.act(admin), admin.ID, ""))), "technician.self"},
			"own role as technician":   {w.change(w.act(tech), tech.ID, promote), "access.denied"},
			"the owner's own role":     {w.change(w.ownerCtx(), w.owner.ID, func(f *technician.Fields) { f.PlatformRole = perm.Technician }), "technician.self"},
			"the owner's own status":   {fault.CodeOf(second(w.Suspend(w.ownerCtx(), w.owner.ID, ""))), "technician.self"},
			"the owner's email":        {w.change(w.act(admin), w.owner.ID, func(f *technician.Fields) { f.Email = "mine@example.com" }), "technician.owner"},
			"the owner's name":         {w.change(w.act(admin), w.owner.ID, func(f *technician.Fields) { f.GivenName = "X" }), "technician.owner"},
			"suspending the owner":     {fault.CodeOf(second(w.Suspend(w.act(admin), w.owner.ID, ""))), "technician.owner"},
			"suspending by the server": {fault.CodeOf(second(w.Suspend(w.System(), w.owner.ID, ""))), "technician.owner"},
			"deleting the owner":       {fault.CodeOf(w.Delete(w.act(admin), w.owner.ID, func(technician.Technician) error { return nil })), "technician.owner"},
			"the owner leaving":        {fault.CodeOf(w.Delete(w.ownerCtx(), w.owner.ID, func(technician.Technician) error { return nil })), "technician.owner"},
			"by a narrow token":        {w.change(token, tech.ID, promote), "technician.ceiling"},
			"taking over by email":     {w.change(token, admin.ID, func(f *technician.Fields) { f.Email = "mine@example.com" }), "technician.ceiling"},
			"creating above a token": {fault.CodeOf(second(w.Create(token, technician.Fields{
				GivenName: "Eve", Email: "eve@example.com", PlatformRole: perm.Administrator,
			}, ""))), "technician.ceiling"},
			"creating at all by a token": {fault.CodeOf(second(w.Create(token, technician.Fields{
				GivenName: "Eve", Email: "eve@example.com", PlatformRole: perm.ReadOnly,
			}, ""))), "technician.ceiling"},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %q, want %q", name, got[0], got[1])
			}
		}
		if n := w.Audited("technician.*", audit.Denied); n < 13 {
			t.Errorf("%d refusals recorded", n)
		}
		if len(w.ended) != 0 {
			t.Errorf("ended %v", w.ended)
		}
		if code := w.change(w.ownerCtx(), w.owner.ID, func(f *technician.Fields) { f.JobTitle = "Founder" }); code != "" {
			t.Errorf("the owner's own title: %s", code)
		}
		if code := w.change(w.act(admin), tech.ID, promote); code != "" {
			t.Errorf("an administrator promotes: %s", code)
		}
	})
}

// The organizations of this test have no owner, so that administrators are all there is to lose.
func TestAttack45LastAdministrator(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for round := range 5 {
			v := &world{World: w.Beside(fmt.Sprint("Round ", round)), Service: w.Service}
			var admins []technician.Technician
			for i := range 8 {
				a, err := v.Create(v.System(), technician.Fields{
					GivenName: "A", Email: fmt.Sprintf("a%d@example.com", i), PlatformRole: perm.Administrator,
				}, "temporary")
				if err != nil {
					t.Fatal(err)
				}
				admins = append(admins, a)
			}
			var wg sync.WaitGroup
			var refused atomic.Int32
			for i, a := range admins {
				wg.Go(func() {
					// All are removed at once and in every way there is, by the one whose rights do not end with it.
					ctx, code := v.System(), ""
					switch i % 3 {
					case 0:
						code = fault.CodeOf(second(v.Suspend(ctx, a.ID, "")))
					case 1:
						code = v.change(ctx, a.ID, func(f *technician.Fields) { f.PlatformRole = perm.ReadOnly })
					case 2:
						code = v.change(ctx, a.ID, func(f *technician.Fields) { f.Status = technician.Inactive })
					}
					switch code {
					case "":
					case "technician.last_administrator":
						refused.Add(1)
					default:
						t.Error(code)
					}
				})
			}
			wg.Wait()
			left, err := technician.Administrators(t.Context(), w.DB.Read(), v.Org.ID)
			if err != nil || len(left) != 1 || refused.Load() != 1 {
				t.Errorf("%d administrators are left, %d refused, %v", len(left), refused.Load(), err)
			}
		}
	})
}
