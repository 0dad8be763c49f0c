package platformrole_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

func (w world) create(ctx context.Context, name string, base perm.Role, roleID string) (technician.Technician, error) {
	return w.Technicians.Create(ctx, technician.Fields{GivenName: name, Email: name + "@example.com", PlatformRole: base, OwnRoleID: roleID}, "temporary")
}

func (w world) move(ctx context.Context, id string, change func(*technician.Fields)) error {
	_, err := w.Technicians.Update(ctx, id, func(now technician.Technician) (technician.Fields, error) {
		change(&now.Fields)
		return now.Fields, nil
	})
	return err
}

func to(base perm.Role, roleID string) func(*technician.Fields) {
	return func(f *technician.Fields) { f.PlatformRole, f.OwnRoleID = base, roleID }
}

func (w world) find(id string) technician.Technician {
	w.T.Helper()
	return granttest.Must(w.Technicians.Find(w.Boss(), id))(w.T)
}

// Whoever is made with a platform role of the organization has it from the first moment, and a change of the person gives or takes one like any other
// field: together with what else changes, or not at all (ACC-8).
func TestPeopleAreMadeAndChangedWithAnOwnPlatformRole(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		c := w.Customer("A")
		front, night := w.role("Front desk", perm.Technician, engine.OwnCustomers, perm.TicketView), w.role("Night", perm.Technician, engine.EveryCustomer, perm.TicketView)
		lead := w.role("Lead", perm.Manager, engine.OwnCustomers, perm.TicketView)
		e := granttest.Must(w.Guard.Engine(t.Context(), w.Org.ID))(t)
		tom := granttest.Must(w.create(w.Boss(), "tom", perm.Technician, front.ID))(t)
		if tom.OwnRoleID != front.ID || tom.OwnRole != "Front desk" {
			t.Errorf("made as %+v", tom.Fields)
		}
		may := func(p perm.Permission) engine.Outcome {
			return e.Check(time.Now(), tom.ID, p, granttest.On(engine.Customer, c))
		}
		if may(perm.TicketView) != engine.Deny {
			t.Error("a customer that is not theirs")
		}
		for _, x := range []struct {
			what       string
			change     func(*technician.Fields)
			base       perm.Role
			role, name string
		}{
			{"another", to(perm.Technician, night.ID), perm.Technician, night.ID, "Night"},
			{"what comes with it", to(perm.Technician, ""), perm.Technician, "", ""},
			{"both at once", to(perm.Manager, lead.ID), perm.Manager, lead.ID, "Lead"},
			{"something else", func(f *technician.Fields) { f.JobTitle = "Boss" }, perm.Manager, lead.ID, "Lead"},
			{"another of the four takes it away", func(f *technician.Fields) { f.PlatformRole = perm.Technician }, perm.Technician, "", ""},
			{"and it does not come again", func(f *technician.Fields) { f.PlatformRole = perm.Manager }, perm.Manager, "", ""},
		} {
			before := w.find(tom.ID)
			w.wantCode(w.move(w.Boss(), tom.ID, x.change), "")
			now := w.find(tom.ID)
			if now.PlatformRole != x.base || now.OwnRoleID != x.role || now.OwnRole != x.name || now.Version != before.Version+1 {
				t.Errorf("%s: %s %q %q, version %d after %d", x.what, now.PlatformRole, now.OwnRoleID, now.OwnRole, now.Version, before.Version)
			}
			if want := map[bool]engine.Outcome{true: engine.Allow, false: engine.Deny}[x.role == night.ID]; may(perm.TicketView) != want {
				t.Errorf("%s: %s", x.what, may(perm.TicketView))
			}
		}
		if n := w.Audited("platformrole.assign", audit.Success); n != 4 {
			t.Errorf("%d are in the log", n)
		}
		// Given on its own page it makes what others have loaded of the person stale as well.
		before := w.find(tom.ID)
		w.wantCode(w.assign(w.Boss(), before, lead.ID), "")
		if now := w.find(tom.ID); now.Version == before.Version || now.OwnRoleID != lead.ID {
			t.Errorf("%+v", now)
		}
		if found, _, err := w.Technicians.List(w.Boss(), technician.Query{Role: lead.ID, Page: store.Page{Limit: 9}}); err != nil || len(found) != 1 || found[0].OwnRole != "Lead" {
			t.Error(found, err)
		}
	})
}

// By the API: a field that is left out changes nothing, and an id is refused at its field with what to do.
func TestTheOwnPlatformRoleIsAFieldOfTechnicians(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		front, lead := w.role("Front desk", perm.Technician, engine.OwnCustomers, perm.TicketView), w.role("Lead", perm.Manager, engine.OwnCustomers)
		boss := w.Actor("boss", perm.Administrator)
		boss.Owner = true
		server := w.Serve(map[string]access.Actor{"boss": boss}, w.Technicians.Routes)
		status, tom, _ := server.Do("boss", "POST", "/api/technicians", `{"given_name": "Tom", "email": "tom@example.com", "platform_role_id": "`+front.ID+`"}`)
		if status != 201 || tom["platform_role"] != "technician" || tom["platform_role_id"] != front.ID || tom["platform_role_name"] != "Front desk" {
			t.Fatal(status, tom)
		}
		path := "/api/technicians/" + tom["id"].(string)
		for _, x := range []struct{ method, body, base, role string }{
			{"PATCH", `{"given_name": "Thomas"}`, "technician", front.ID},
			{"PUT", `{"given_name": "Tom", "email": "tom@example.com"}`, "technician", front.ID},
			{"PATCH", `{"platform_role": "manager"}`, "manager", ""},
			{"PATCH", `{"platform_role_id": "` + lead.ID + `"}`, "manager", lead.ID},
			{"PUT", `{"given_name": "Tom", "email": "tom@example.com", "platform_role": "technician", "platform_role_id": "` + front.ID + `"}`, "technician", front.ID},
			{"PATCH", `{"platform_role_id": ""}`, "technician", ""},
		} {
			status, got, _ := server.Do("boss", x.method, path, x.body)
			if status != 200 || got["platform_role"] != x.base || got["platform_role_id"] != x.role {
				t.Errorf("%s %s: %d %v", x.method, x.body, status, got)
			}
		}
		neighbour := world{granttest.In(w.Beside("Neighbour")), w.s}
		theirs := neighbour.role("Front desk", perm.Technician, engine.OwnCustomers)
		gone := w.role("Gone", perm.Technician, engine.OwnCustomers)
		w.wantCode(w.s.Delete(w.Boss(), gone.ID, func(platformrole.Role) error { return nil }), "")
		for roleID, code := range map[string]string{
			theirs.ID: "technician.platform_role_unknown", gone.ID: "technician.platform_role_unknown", "x": "technician.platform_role_unknown", lead.ID: "platformrole.other_base",
		} {
			for _, r := range [][3]string{
				{"PATCH", path, `{"platform_role_id": "` + roleID + `"}`},
				{"POST", "/api/technicians", `{"given_name": "Eve", "email": "eve@example.com", "platform_role_id": "` + roleID + `"}`},
			} {
				_, problem, _ := server.Do("boss", r[0], r[1], r[2])
				if errors, ok := problem["errors"].([]any); problem["code"] != code || !ok || errors[0].(map[string]any)["pointer"] != "/platform_role_id" {
					t.Errorf("%s %s: %v", r[0], roleID, problem)
				}
			}
		}
		if found, _, err := w.Technicians.List(w.Boss(), technician.Query{Text: "eve", Page: store.Page{Limit: 9}}); err != nil || len(found) != 0 {
			t.Error("somebody was made", err)
		}
	})
}

// Nobody makes somebody, or makes of somebody, what they are not themselves, by a platform role of the organization (ACC-12).
func TestAttack41NobodyIsMadeMoreByAnOwnPlatformRole(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		c := w.Customer("A")
		rita, tom, max := w.Administers("rita", c), w.Technician("tom", perm.Technician, c), w.Technician("max", perm.Manager, c)
		little := w.role("Little", perm.Technician, engine.AssignedCustomers, perm.AdminSkills)
		much := w.role("Much", perm.Technician, engine.AssignedCustomers, perm.AdminAudit)
		wide := w.role("Wide", perm.Technician, engine.EveryCustomer)
		above := w.role("Above", perm.Manager, engine.OwnCustomers)
		less := w.role("Less", perm.ReadOnly, engine.OwnCustomers)
		as := w.Act(rita)
		narrow := w.ActorOf(rita)
		narrow.SessionID, narrow.TokenID, narrow.Kind, narrow.Ceiling = "", "token", access.Token, perm.Set{perm.AdminTechnicians: true}
		token := access.WithActor(t.Context(), narrow)
		create := func(ctx context.Context, base perm.Role, roleID string) error {
			_, err := w.create(ctx, "eve", base, roleID)
			return err
		}
		batch := func(ctx context.Context, base perm.Role, roleID string) error {
			b := granttest.Must(w.Technicians.Batch(ctx))(t)
			f := granttest.Must(b.Prepare(technician.Fields{GivenName: "Eve", Email: "eve@example.com", PlatformRole: base, OwnRoleID: roleID}))(t)
			may := b.May(ctx, nil, f)
			err := w.DB.Write(ctx, func(tx *store.Tx) error {
				_, err := b.CreateIn(ctx, tx, f)
				return err
			})
			if fault.CodeOf(may) != fault.CodeOf(err) {
				t.Errorf("foreseen %v, then %v", may, err)
			}
			return err
		}
		w.wantCode(w.assign(w.Boss(), max, above.ID), "")
		for name, got := range map[string][2]string{
			"a permission":               {fault.CodeOf(create(as, perm.Technician, much.ID)), "access.beyond_own"},
			"customers":                  {fault.CodeOf(create(as, perm.Technician, wide.ID)), "access.beyond_own"},
			"one above":                  {fault.CodeOf(create(as, perm.Manager, above.ID)), "technician.ceiling"},
			"another base":               {fault.CodeOf(create(as, perm.Technician, less.ID)), "platformrole.other_base"},
			"an administrator's":         {fault.CodeOf(create(w.Boss(), perm.Administrator, little.ID)), "platformrole.other_base"},
			"by a token":                 {fault.CodeOf(create(token, perm.Technician, little.ID)), "access.denied"},
			"many, a permission":         {fault.CodeOf(batch(as, perm.Technician, much.ID)), "access.beyond_own"},
			"many, customers":            {fault.CodeOf(batch(as, perm.Technician, wide.ID)), "access.beyond_own"},
			"many, one above":            {fault.CodeOf(batch(as, perm.Manager, above.ID)), "technician.ceiling"},
			"given, a permission":        {fault.CodeOf(w.move(as, tom.ID, to(perm.Technician, much.ID))), "access.beyond_own"},
			"given, customers":           {fault.CodeOf(w.move(as, tom.ID, to(perm.Technician, wide.ID))), "access.beyond_own"},
			"given, one above":           {fault.CodeOf(w.move(as, tom.ID, to(perm.Manager, above.ID))), "technician.ceiling"},
			"given, by a token":          {fault.CodeOf(w.move(token, tom.ID, to(perm.Technician, little.ID))), "access.denied"},
			"one's own":                  {fault.CodeOf(w.move(as, rita.ID, to(perm.Technician, little.ID))), "technician.self"},
			"taken from somebody above":  {fault.CodeOf(w.move(as, max.ID, to(perm.Manager, ""))), "technician.above"},
			"the owner's":                {fault.CodeOf(w.move(w.Act(max), w.ownerID(), to(perm.Administrator, little.ID))), "access.denied"},
			"by who looks after nobody":  {fault.CodeOf(create(w.Act(tom), perm.Technician, little.ID)), "access.denied"},
			"another base with the role": {fault.CodeOf(w.move(w.Boss(), tom.ID, to(perm.ReadOnly, little.ID))), "platformrole.other_base"},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %q, want %q", name, got[0], got[1])
			}
		}
		if found, _, err := w.Technicians.List(w.Boss(), technician.Query{Text: "eve", Page: store.Page{Limit: 9}}); err != nil || len(found) != 0 {
			t.Error("somebody was made", err)
		}
		if n := w.Audited("technician.*", audit.Denied); n < 9 {
			t.Errorf("%d refusals are in the log", n)
		}
		// Taking away what is less gives what comes with the platform role: that has to be the actor's to give everywhere.
		small := w.Technician("sam", perm.Technician, c)
		w.wantCode(w.assign(w.Boss(), small, little.ID), "")
		assign, move := w.assign(as, small, ""), w.move(as, small.ID, to(perm.Technician, ""))
		if fault.CodeOf(assign) != fault.CodeOf(move) || move == nil {
			t.Errorf("on its page: %v, in the form: %v", assign, move)
		}
		// What they hold themselves they give.
		w.wantCode(w.move(as, tom.ID, to(perm.Technician, little.ID)), "")
		w.wantCode(create(as, perm.Technician, little.ID), "")
	})
}

func (w world) ownerID() string {
	return granttest.Must(w.create(w.Boss(), "olga", perm.Administrator, ""))(w.T).ID
}

// A platform role that is deleted or grows after somebody was allowed to give it is not given.
func TestAttack41AnOwnPlatformRoleChangesBeforeItIsGiven(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		c := w.Customer("A")
		as := w.Act(w.Administers("rita", c))
		r, grows := w.role("Little", perm.Technician, engine.OwnCustomers), w.role("Grows", perm.Technician, engine.OwnCustomers)
		b := granttest.Must(w.Technicians.Batch(as))(t)
		for roleID, x := range map[string]struct {
			meanwhile func() error
			code      string
		}{
			r.ID: {func() error { return w.s.Delete(w.Boss(), r.ID, func(platformrole.Role) error { return nil }) }, "technician.platform_role_unknown"},
			grows.ID: {func() error {
				return w.change(w.Boss(), grows.ID, func(f *platformrole.Fields) { f.Permissions = []perm.Permission{perm.AdminAudit} })
			}, "access.beyond_own"},
		} {
			f := granttest.Must(b.Prepare(technician.Fields{GivenName: "Eve", Email: "eve@example.com", OwnRoleID: roleID}))(t)
			w.wantCode(b.May(as, nil, f), "")
			w.wantCode(x.meanwhile(), "")
			err := w.DB.Write(as, func(tx *store.Tx) error {
				_, err := b.CreateIn(as, tx, f)
				return err
			})
			w.wantCode(err, x.code)
			err = w.DB.Write(as, func(tx *store.Tx) error {
				_, err := w.s.GiveIn(as, tx, technician.Technician{OrgID: w.Org.ID, ID: "nobody", Fields: f})
				return err
			})
			if code := fault.CodeOf(err); code != "platformrole.not_found" && code != "access.beyond_own" {
				t.Errorf("in the transaction itself: %v", err)
			}
		}
		found, _, err := w.Technicians.List(w.Boss(), technician.Query{Page: store.Page{Limit: 9}})
		if err != nil || slices.ContainsFunc(found, func(x technician.Technician) bool { return strings.HasPrefix(x.Email, "eve") }) {
			t.Error("somebody was made", err)
		}
	})
}
