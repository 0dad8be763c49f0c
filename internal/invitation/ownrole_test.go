package invitation_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/recovery/recoverytest"
	"countersign.dev/countersign/internal/technician"
)

func ownRole(t *testing.T, w *recoverytest.World, name string, customers engine.Customers, permissions ...perm.Permission) platformrole.Role {
	t.Helper()
	r, err := w.Bases.Create(w.By(w.Owner), platformrole.Fields{Name: name, BasedOn: perm.Technician, Customers: customers, Permissions: permissions})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func has(w *recoverytest.World, of technician.Technician, roleID string) error {
	return second(w.Technicians.Update(w.By(w.Owner), of.ID, func(t technician.Technician) (technician.Fields, error) {
		t.OwnRoleID = roleID
		return t.Fields, nil
	}))
}

func changeRole(w *recoverytest.World, r platformrole.Role, change func(*platformrole.Fields)) error {
	return second(w.Bases.Update(w.By(w.Owner), r.ID, func(now platformrole.Role) (platformrole.Fields, error) {
		change(&now.Fields)
		return now.Fields, nil
	}))
}

// Whoever is invited with a platform role of the organization has it when they come in, and it alone: whoever invites them may hold less than what
// comes with the platform role that it is based on (ACC-8, ACC-12).
func TestAttack41InviteWithAnOwnPlatformRole(t *testing.T) {
	each(t, func(t *testing.T, w *recoverytest.World) {
		desk := ownRole(t, w, "Desk lead", engine.EveryCustomer, perm.AdminTechnicians, perm.TicketView)
		front := ownRole(t, w, "Front desk", engine.OwnCustomers, perm.TicketView)
		much, wide := ownRole(t, w, "Much", engine.OwnCustomers, perm.AdminAudit), ownRole(t, w, "Wide", engine.EveryCustomer, perm.AdminTechnicians)
		ina := w.Add("ina", perm.Technician)
		if err := has(w, ina, desk.ID); err != nil {
			t.Fatal(err)
		}
		invite := func(name, roleID string) (technician.Technician, error) {
			forgetMails(w)
			return w.Technicians.Invite(w.By(ina), technician.Fields{GivenName: name, Email: name + "@example.com", OwnRoleID: roleID})
		}
		for name, want := range map[string][2]string{
			"what comes with technician": {"", "technician.ceiling"},
			"more than they hold":        {much.ID, "access.beyond_own"},
			"a role that is gone":        {"x", "technician.platform_role_unknown"},
		} {
			if _, err := invite("eve", want[0]); fault.CodeOf(err) != want[1] {
				t.Errorf("%s: %v, want %s", name, err, want[1])
			}
		}
		if found := w.Mail("eve@example.com", 0); len(found) != 0 {
			t.Error("somebody was invited")
		}
		for name, meanwhile := range map[string]func(bo technician.Technician) error{
			"":        func(technician.Technician) error { return nil },
			"another": func(bo technician.Technician) error { return has(w, bo, much.ID) },
			"none":    func(bo technician.Technician) error { return has(w, bo, "") },
			"grown": func(technician.Technician) error {
				return changeRole(w, front, func(f *platformrole.Fields) { f.Permissions = append(f.Permissions, perm.AdminAudit) })
			},
			"fewer customers for who invites": func(bo technician.Technician) error {
				if err := changeRole(w, desk, func(f *platformrole.Fields) { f.Customers = engine.OwnCustomers }); err != nil {
					return err
				}
				return has(w, bo, wide.ID)
			},
		} {
			if err := changeRole(w, front, func(f *platformrole.Fields) { f.Permissions = []perm.Permission{perm.TicketView} }); err != nil {
				t.Fatal(err)
			}
			if err := changeRole(w, desk, func(f *platformrole.Fields) { f.Customers = engine.EveryCustomer }); err != nil {
				t.Fatal(err)
			}
			bo, err := invite(fmt.Sprint("bo", len(name)), front.ID)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			token := recoverytest.Token(t, w.Mail(bo.Email, 1)[0].Body)
			if err := meanwhile(bo); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			a := w.Do("POST", accept, with(token))
			if name != "" {
				if a.ErrorCode() != "invitation.inviter" {
					t.Errorf("%s: %d %s", name, a.Code, a.Raw)
				}
				continue
			}
			if now := w.Find(bo); a.Code != http.StatusOK || now.OwnRoleID != front.ID || now.State != technician.Activated {
				t.Errorf("came in as %+v: %d %s", now.Fields, a.Code, a.Raw)
			}
			e, err := w.Guard.Engine(t.Context(), w.Org.ID)
			if err != nil {
				t.Fatal(err)
			}
			as := engine.As{ID: bo.ID, Role: perm.Technician}
			if !e.Holds(time.Now(), as, perm.TicketView) || e.Holds(time.Now(), as, perm.TicketEdit) {
				t.Error("holds something else than the role")
			}
		}
	})
}
