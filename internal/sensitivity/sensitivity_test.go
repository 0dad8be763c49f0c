package sensitivity_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/sensitivity"
	"countersign.dev/countersign/internal/team"
)

type world struct {
	*granttest.World
	marks *sensitivity.Service
}

func each(t *testing.T, fn func(t *testing.T, w world)) {
	granttest.Each(t, func(t *testing.T, g *granttest.World) {
		fn(t, world{g, sensitivity.New(g.DB, g.Guard, g.Audit, g.Events, g.Customers)})
	})
}

func anyVersion(int64) error { return nil }

func (w world) set(ctx context.Context, customerID string, want ...perm.Permission) error {
	_, err := w.marks.Set(ctx, customerID, want, anyVersion)
	return err
}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if fault.CodeOf(err) != code {
		t.Errorf("%v, want %q", err, code)
	}
}

// What takes an approval counts from the next question on: of the organization on every path, of a customer there, of a role on paths through it alone (D-9).
func TestMarksAreInForceAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a, b := w.Customer("A"), w.Customer("B")
		tom := w.Technician("tom", perm.Technician, a, b)
		e := granttest.Must(w.Guard.Engine(t.Context(), w.Org.ID))(t)
		outcome := func(p perm.Permission, customer string) engine.Outcome {
			return e.Check(time.Now(), tom.ID, p, granttest.On(engine.Customer, customer))
		}
		want := func(what string, got, want engine.Outcome) {
			t.Helper()
			if got != want {
				t.Errorf("%s: %s, want %s", what, got, want)
			}
		}
		want("declared", outcome(perm.EndpointWipe, a), engine.NeedsApproval)
		want("not declared", outcome(perm.TicketEdit, a), engine.Allow)
		if err := w.set(w.Boss(), "", perm.TicketEdit); err != nil {
			t.Fatal(err)
		}
		want("freed", outcome(perm.EndpointWipe, a), engine.Allow)
		want("marked", outcome(perm.TicketEdit, a), engine.NeedsApproval)
		if err := w.set(w.Boss(), a, perm.EndpointWipe, perm.SecretSend); err != nil {
			t.Fatal(err)
		}
		want("marked at A", outcome(perm.SecretSend, a), engine.NeedsApproval)
		want("not at B", outcome(perm.SecretSend, b), engine.Allow)
		if err := w.set(w.Boss(), ""); err != nil {
			t.Fatal(err)
		}
		want("nothing in the organization", outcome(perm.TicketEdit, a), engine.Allow)
		want("still at A", outcome(perm.EndpointWipe, a), engine.NeedsApproval)
		m := granttest.Must(w.marks.Find(w.Boss(), a))(t)
		if !slices.Equal(m.Permissions, perm.BitsOf(perm.SecretSend, perm.EndpointWipe).Permissions()) || len(m.Inherited) != 0 || m.Version != 1 {
			t.Errorf("%+v", m)
		}
		if n := w.Audited("sensitivity.set", audit.Success); n != 3 {
			t.Errorf("%d events", n)
		}
		r := w.Role("Reporter", perm.Customers, perm.ReportCreate, perm.InvoiceView)
		w.Give(granttest.Technician(tom.ID), r, granttest.On(engine.Customer, a))
		want("by the role", outcome(perm.ReportCreate, a), engine.Allow)
		mark := func(ctx context.Context, sensitive ...perm.Permission) error {
			_, err := w.Roles.Update(ctx, r.ID, func(r role.Role) (role.Fields, error) { r.Sensitive = sensitive; return r.Fields, nil })
			return err
		}
		if err := mark(w.Boss(), perm.ReportCreate); err != nil {
			t.Fatal(err)
		}
		want("marked by the role", outcome(perm.ReportCreate, a), engine.NeedsApproval)
		wantCode(t, mark(w.Boss(), perm.TicketEdit), "request.invalid")
		wantCode(t, mark(w.Boss(), perm.InvoiceView), "request.invalid")
		rita := w.Administers("rita")
		wantCode(t, mark(w.Act(rita)), "access.administrators_only")
	})
}

// To free people of a second person is for administrators; whoever keeps roles can only ask for one more often.
func TestOnlyAdministratorsFree(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		rita, tom, a := w.Administers("rita"), w.Technician("tom", perm.Technician), w.Customer("A")
		declared := granttest.Must(w.marks.Find(w.Act(rita), ""))(t).Permissions
		if err := w.set(w.Act(rita), "", append(declared, perm.TicketEdit)...); err != nil {
			t.Error(err)
		}
		wantCode(t, w.set(w.Act(rita), "", declared...), "access.administrators_only")
		wantCode(t, w.set(w.Act(tom), "", declared...), "access.denied")
		wantCode(t, w.set(w.Boss(), "", perm.TicketView), "request.invalid")
		wantCode(t, w.set(w.Boss(), "", "no.such"), "request.invalid")
		wantCode(t, w.set(w.Boss(), a[:35]+"x"), "customer.not_found")
		_, err := w.marks.Set(w.Boss(), "", declared, func(version int64) error {
			if version != 1 {
				t.Errorf("version %d", version)
			}
			return fault.New(fault.Stale, "request.stale", "Changed.")
		})
		wantCode(t, err, "request.stale")
		beside := world{granttest.In(w.Beside("Neighbour")), w.marks}
		_, err = w.marks.Find(beside.Boss(), a)
		wantCode(t, err, "customer.not_found")
		if n := w.Audited("sensitivity.set", audit.Denied); n != 1 {
			t.Errorf("%d refusals", n)
		}
	})
}

// Whoever may do something with an approval only, since the role says so, cannot make it free in a roundabout way: not by taking it out of the role and
// putting it in again, nor by another role, an override, a default or a team. They can give it as they have it.
func TestAttackAMarkOfARoleIsNotLostOnTheWay(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a := w.Customer("A")
		rita, friend := w.Administers("rita", a), w.Technician("friend", perm.Technician, a)
		marked := granttest.Must(w.Roles.Create(w.Boss(), role.Fields{
			Name: "Files, asked", Purpose: perm.Devices, Permissions: []perm.Permission{perm.DeviceFiles}, Sensitive: []perm.Permission{perm.DeviceFiles},
		}))(t)
		all, at := granttest.On(engine.AllDevices, ""), granttest.On(engine.Customer, a)
		w.Give(granttest.Technician(rita.ID), marked, all)
		free := w.Role("Files", perm.Devices, perm.DeviceFiles)
		filers := w.Team("Filers", nil, []string{a})
		w.Give(granttest.Team(filers), free, at)
		ctx := w.Act(rita)
		change := func(permissions, sensitive []perm.Permission) error {
			_, err := w.Roles.Update(ctx, marked.ID, func(r role.Role) (role.Fields, error) {
				r.Permissions, r.Sensitive = permissions, sensitive
				return r.Fields, nil
			})
			return err
		}
		files := []perm.Permission{perm.DeviceFiles}
		wantCode(t, change(files, nil), "access.administrators_only")
		_, err := w.Roles.Create(ctx, role.Fields{Name: "Copy", Purpose: perm.Devices, Permissions: files})
		wantCode(t, err, "access.beyond_own")
		for _, to := range []string{friend.ID, rita.ID} {
			_, err = w.Grants.Create(ctx, grant.Fields{Subject: granttest.Technician(to), RoleID: free.ID, On: at})
			wantCode(t, err, "access.beyond_own")
			_, err = w.SetAs(ctx, granttest.Technician(to), granttest.Override(grant.Allow, perm.DeviceFiles, at))
			wantCode(t, err, "access.beyond_own")
		}
		_, err = w.Grants.SetDefaults(ctx, a, files, anyVersion)
		wantCode(t, err, "access.beyond_own")
		_, err = w.Teams.Update(ctx, filers, func(x team.Team) (team.Fields, error) {
			x.MemberIDs = []string{friend.ID}
			return x.Fields, nil
		})
		wantCode(t, err, "access.beyond_own")
		_, err = w.Grants.Create(ctx, grant.Fields{Subject: granttest.Technician(friend.ID), RoleID: marked.ID, On: at})
		wantCode(t, err, "")
		_, err = w.Roles.Create(ctx, role.Fields{Name: "Copy, asked", Purpose: perm.Devices, Permissions: files, Sensitive: files})
		wantCode(t, err, "")
		wantCode(t, change(nil, nil), "")
		wantCode(t, change(files, nil), "access.beyond_own")
	})
}

// What a customer has marked stays so: its devices are not moved to where nobody is asked by those who would then not be asked.
func TestAttackADeviceIsNotMovedAwayFromAMark(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		a, b := w.Customer("A"), w.Customer("B")
		if err := w.set(w.Boss(), a, perm.DeviceFiles); err != nil {
			t.Fatal(err)
		}
		rack, shelf := w.Group("Rack", a, ""), w.Group("Shelf", b, "")
		below, pc := w.Group("Below", "", rack), w.Device("PC", rack)
		tom, mia := w.Technician("tom", perm.Technician, a, b), w.Technician("mia", perm.Manager, a, b)
		moves := w.Role("Moves", perm.Administration, perm.AdminDevices)
		for _, who := range []string{tom.ID, mia.ID} {
			w.Give(granttest.Technician(who), moves, granttest.On(engine.Organization, ""))
			w.Give(granttest.Technician(who), w.System("Full device access"), granttest.On(engine.AllDevices, ""))
		}
		move := func(ctx context.Context) error {
			_, err := w.Devices.Update(ctx, pc, func(d device.Device) (device.Fields, error) { d.GroupID, d.CustomerID = shelf, b; return d.Fields, nil })
			return err
		}
		wantCode(t, move(w.Act(tom)), "access.beyond_own")
		_, err := w.Devices.UpdateGroup(w.Act(tom), below, func(g device.Group) (device.GroupFields, error) {
			g.ParentID, g.CustomerID = shelf, b
			return g.GroupFields, nil
		})
		wantCode(t, err, "access.beyond_own")
		wantCode(t, move(w.Act(mia)), "") // a manager is not asked in either place
	})
}
