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
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

type world struct {
	*granttest.World
	s *platformrole.Service
}

func each(t *testing.T, fn func(t *testing.T, w world)) {
	granttest.Each(t, func(t *testing.T, g *granttest.World) {
		fn(t, world{g, platformrole.New(platformrole.Deps{DB: g.DB, Guard: g.Guard, Audit: g.Audit, Events: g.Events})})
	})
}

func anyVersion(int64) error { return nil }

func (w world) role(name string, on perm.Role, customers engine.Customers, permissions ...perm.Permission) platformrole.Role {
	w.T.Helper()
	return granttest.Must(w.s.Create(w.Boss(), platformrole.Fields{Name: name, BasedOn: on, Customers: customers, Permissions: permissions}))(w.T)
}

func (w world) assign(ctx context.Context, to technician.Technician, roleID string) error {
	_, err := w.s.Assign(ctx, to.ID, roleID, anyVersion)
	return err
}

func (w world) change(ctx context.Context, id string, change func(*platformrole.Fields)) error {
	_, err := w.s.Update(ctx, id, func(r platformrole.Role) (platformrole.Fields, error) {
		change(&r.Fields)
		return r.Fields, nil
	})
	return err
}

func (w world) wantCode(err error, code string) {
	w.T.Helper()
	if fault.CodeOf(err) != code {
		w.T.Errorf("%v, want %q", err, code)
	}
}

// What an organization makes of a platform role counts from the next question on, for everybody who has it and as long as they have it (ACC-8).
func TestAnOwnPlatformRoleCountsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		reached := func(c, via string) {
			t.Helper()
			for _, p := range granttest.Must(w.Customers.People(w.Boss(), c))(t).Technicians {
				if p.Name == "tom" && p.Via == via {
					return
				}
				if p.Name == "tom" {
					t.Errorf("reached by %q, want %q", p.Via, via)
				}
			}
			if via != "" {
				t.Errorf("not reached, want by %q", via)
			}
		}
		mine, teams, others := w.Customer("Mine"), w.Customer("Teams"), w.Customer("Others")
		tom := w.Technician("tom", perm.Technician, mine)
		w.Team("Night", []string{tom.ID}, []string{teams})
		e := granttest.Must(w.Guard.Engine(t.Context(), w.Org.ID))(t)
		want := func(what string, p perm.Permission, allowed ...string) {
			t.Helper()
			for _, c := range []string{mine, teams, others} {
				should := engine.Deny
				for _, a := range allowed {
					if a == c {
						should = engine.Allow
					}
				}
				if got := e.Check(time.Now(), tom.ID, p, granttest.On(engine.Customer, c)); got != should {
					t.Errorf("%s: %s on %s: %s, want %s", what, p, map[string]string{mine: "mine", teams: "the team's", others: "others"}[c], got, should)
				}
			}
		}
		want("at first", perm.TicketEdit, mine, teams)
		reached(mine, "direct")
		reached(teams, "team")
		reached(others, "")

		r := w.role("Front desk", perm.Technician, engine.OwnCustomers, perm.TicketView, perm.AdminAudit)
		want("before it is given", perm.TicketEdit, mine, teams)
		w.wantCode(w.assign(w.Boss(), tom, r.ID), "")
		want("own customers", perm.TicketView, mine)
		reached(mine, "direct")
		reached(teams, "")
		want("own customers", perm.TicketEdit)
		if got := e.Check(time.Now(), tom.ID, perm.AdminAudit, granttest.On(engine.Organization, "")); got != engine.Allow {
			t.Errorf("the log: %s", got)
		}

		if d := e.Explain(time.Now(), tom.ID, perm.TicketView, granttest.On(engine.Customer, mine)); len(d.Because) != 1 || d.Because[0].By != engine.ByPlatformRole || d.Because[0].Role != r.ID {
			t.Errorf("the reason is %+v", d.Because)
		}

		w.wantCode(w.change(w.Boss(), r.ID, func(f *platformrole.Fields) { f.Customers = engine.TeamCustomers }), "")
		want("customers of teams", perm.TicketView, teams)
		reached(mine, "")
		reached(teams, "team")
		w.wantCode(w.change(w.Boss(), r.ID, func(f *platformrole.Fields) {
			f.Customers, f.Permissions = engine.EveryCustomer, []perm.Permission{perm.TicketEdit}
		}), "")
		want("every customer", perm.TicketEdit, mine, teams, others)
		reached(mine, "role")
		reached(others, "role")
		want("every customer", perm.TicketView)

		moved := granttest.Must(w.Technicians.Update(w.Boss(), tom.ID, func(now technician.Technician) (technician.Fields, error) {
			now.PlatformRole = perm.ReadOnly
			return now.Fields, nil
		}))(t)
		want("read-only now", perm.TicketEdit)
		want("read-only now", perm.TicketView, mine, teams)
		if a := granttest.Must(w.s.Of(w.Boss(), moved.ID))(t); a.RoleID != "" || a.Version == 0 {
			t.Errorf("it goes with the platform role it is based on: %+v", a)
		}
		_ = granttest.Must(w.Technicians.Update(w.Boss(), tom.ID, func(now technician.Technician) (technician.Fields, error) {
			now.PlatformRole = perm.Technician
			return now.Fields, nil
		}))(t)
		want("a technician again", perm.TicketEdit, mine, teams)
		w.wantCode(w.assign(w.Boss(), moved, r.ID), "")
		w.wantCode(w.assign(w.Boss(), moved, ""), "")
		if r = granttest.Must(w.s.Find(w.Boss(), r.ID))(t); r.People != 0 {
			t.Errorf("%d have it", r.People)
		}
		if n := w.Audited("platformrole.assign", audit.Success); n != 3 {
			t.Errorf("%d are in the log", n)
		}
	})
}

// Nobody makes, changes or gives a platform role that holds more than they do themselves, nor their own (ACC-12).
func TestNobodyHandsOutAPlatformRoleBeyondTheirOwn(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		c := w.Customer("A")
		rita, tom := w.Administers("rita", c), w.Technician("tom", perm.Technician, c)
		max := w.Technician("max", perm.Manager, c)
		little := w.role("Little", perm.Technician, engine.AssignedCustomers, perm.AdminSkills)
		much := w.role("Much", perm.Technician, engine.AssignedCustomers, perm.AdminAudit)
		w.wantCode(w.assign(w.Boss(), max, w.role("Lead", perm.Manager, engine.OwnCustomers).ID), "")
		as := w.Act(rita)

		for name, f := range map[string]platformrole.Fields{
			"a permission":  {Name: "x", BasedOn: perm.Technician, Customers: engine.OwnCustomers, Permissions: []perm.Permission{perm.AdminAudit}},
			"a customer":    {Name: "x", BasedOn: perm.Technician, Customers: engine.EveryCustomer},
			"on a customer": {Name: "x", BasedOn: perm.Technician, Customers: engine.OwnCustomers, Permissions: []perm.Permission{perm.TicketView}},
		} {
			if _, err := w.s.Create(as, f); fault.CodeOf(err) != "access.beyond_own" {
				t.Errorf("%s beyond one's own: %v", name, err)
			}
		}
		w.wantCode(w.change(as, little.ID, func(f *platformrole.Fields) { f.Permissions = append(f.Permissions, perm.AdminAudit) }), "access.beyond_own")
		w.wantCode(w.change(as, little.ID, func(f *platformrole.Fields) { f.Customers = engine.EveryCustomer }), "access.beyond_own")
		w.wantCode(w.assign(as, tom, much.ID), "access.beyond_own")
		w.wantCode(w.assign(as, max, ""), "technician.above")
		w.wantCode(w.assign(as, rita, little.ID), "platformrole.self")

		// Who owns the address of somebody is as good as them.
		powerful, everywhere := w.Technician("pam", perm.Technician, c), w.Technician("eve", perm.Technician, c)
		w.wantCode(w.assign(w.Boss(), powerful, much.ID), "")
		w.wantCode(w.assign(w.Boss(), everywhere, w.role("All", perm.Technician, engine.EveryCustomer, perm.TicketView).ID), "")
		for _, who := range []technician.Technician{tom, powerful, everywhere} {
			want := "access.beyond_own"
			if who.ID == tom.ID {
				want = ""
			}
			_, err := w.Technicians.Update(as, who.ID, func(now technician.Technician) (technician.Fields, error) {
				now.Email = "mine-" + now.Email
				return now.Fields, nil
			})
			w.wantCode(err, want)
		}

		w.wantCode(w.assign(w.Boss(), rita, little.ID), "")
		w.wantCode(w.change(as, little.ID, func(f *platformrole.Fields) { f.Name = "Mine" }), "platformrole.self")
		w.wantCode(w.assign(w.Boss(), max, little.ID), "platformrole.other_base")
		if n := w.Audited("platformrole.assign", audit.Denied); n != 3 {
			t.Errorf("%d refusals are in the log", n)
		}

		a := w.ActorOf(rita)
		a.SessionID, a.TokenID, a.Kind, a.Ceiling = "", "token", access.Token, perm.Set{perm.AdminTechnicians: true}
		_, err := w.s.Create(access.WithActor(t.Context(), a), platformrole.Fields{Name: "x", BasedOn: perm.Technician, Customers: engine.OwnCustomers})
		w.wantCode(err, "access.denied")
	})
}

func TestPlatformRolesAreRefusedWithAReason(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		tom := w.Technician("tom", perm.ReadOnly)
		r := w.role("Viewer", perm.ReadOnly, engine.AssignedCustomers, perm.TicketView)
		good := platformrole.Fields{Name: "Other", BasedOn: perm.ReadOnly, Customers: engine.OwnCustomers}
		for code, change := range map[string]func(*platformrole.Fields){
			"platformrole.name_taken": func(f *platformrole.Fields) { f.Name = "vIEWER" },
			"request.invalid":         func(f *platformrole.Fields) { f.BasedOn = perm.Administrator },
		} {
			f := good
			change(&f)
			_, err := w.s.Create(w.Boss(), f)
			w.wantCode(err, code)
		}
		for name, change := range map[string]func(*platformrole.Fields){
			"beyond the ceiling": func(f *platformrole.Fields) { f.Permissions = []perm.Permission{perm.TicketEdit} },
			"no customers":       func(f *platformrole.Fields) { f.Customers = "" },
			"no permission":      func(f *platformrole.Fields) { f.Permissions = []perm.Permission{"ticket.eat"} },
			"no name":            func(f *platformrole.Fields) { f.Name = "\u200b" },
		} {
			f := good
			change(&f)
			if _, err := w.s.Create(w.Boss(), f); fault.CodeOf(err) != "request.invalid" {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.wantCode(w.change(w.Boss(), r.ID, func(f *platformrole.Fields) { f.BasedOn = perm.Manager }), "platformrole.base_fixed")
		w.wantCode(w.assign(w.Boss(), tom, r.ID), "")
		w.wantCode(w.s.Delete(w.Boss(), r.ID, func(platformrole.Role) error { return nil }), "platformrole.in_use")
		w.wantCode(w.assign(w.Boss(), tom, ""), "")
		w.wantCode(w.s.Delete(w.Boss(), r.ID, func(platformrole.Role) error { return nil }), "")
		w.wantCode(w.assign(w.Boss(), tom, r.ID), "platformrole.not_found")
		if _, err := w.s.List(w.Act(tom)); fault.KindOf(err) != fault.Denied {
			t.Errorf("whoever looks after nobody lists them: %v", err)
		}
	})
}

// The filter `role` takes a platform role's name or id (D-50).
func TestTechniciansAreListedByTheirPlatformRole(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		tom, una := w.Technician("tom", perm.Technician), w.Technician("una", perm.Technician)
		front, night := w.role("Front desk", perm.Technician, engine.OwnCustomers, perm.TicketView), w.role("Night", perm.Technician, engine.OwnCustomers)
		w.wantCode(w.assign(w.Boss(), tom, front.ID), "")
		for role, want := range map[string]string{front.ID: "tom", night.ID: "", "technician": "tom una", "read_only": "", id.New(): ""} {
			found, _, err := w.Technicians.List(w.Boss(), technician.Query{Role: role, Page: store.Page{Limit: 50}})
			var names []string
			for _, x := range found {
				names = append(names, x.Name())
			}
			if slices.Sort(names); err != nil || strings.Join(names, " ") != want {
				t.Errorf("%s: %v, want %q (%v)", role, names, want, err)
			}
		}
		w.wantCode(w.assign(w.Boss(), tom, ""), "")
		w.wantCode(w.assign(w.Boss(), una, night.ID), "")
		if found, _, err := w.Technicians.List(w.Boss(), technician.Query{Role: night.ID, Page: store.Page{Limit: 50}}); err != nil || len(found) != 1 || found[0].ID != una.ID {
			t.Error(found, err)
		}
	})
}
