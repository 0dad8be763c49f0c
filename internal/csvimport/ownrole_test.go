package csvimport_test

import (
	"context"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/csvimport"
	"countersign.dev/countersign/internal/platformrole"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/technician"
)

func (w *world) ownRole(name string, on perm.Role, permissions ...perm.Permission) platformrole.Role {
	w.T.Helper()
	r, err := w.bases.Create(w.Admin(), platformrole.Fields{Name: name, BasedOn: on, Customers: engine.OwnCustomers, Permissions: permissions})
	if err != nil {
		w.T.Fatal(err)
	}
	return r
}

func (w *world) staff() map[string]technician.Technician {
	w.T.Helper()
	found, _, err := w.technicians.List(w.Admin(), technician.Query{Page: store.Page{Limit: 50}})
	if err != nil {
		w.T.Fatal(err)
	}
	out := map[string]technician.Technician{}
	for _, x := range found {
		name, _, _ := strings.Cut(x.Email, "@")
		out[name] = x
	}
	return out
}

// A file names a platform role of the organization as it names one of the four, and an export names it so that the file changes nothing when it comes
// back (ACC-8).
func TestAFileNamesOwnPlatformRoles(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		front, lead := w.ownRole("Front Desk", perm.Technician, perm.TicketView), w.ownRole("Équipe nuit", perm.Manager)
		named := w.ownRole("Read-only", perm.ReadOnly) // as one of the four

		file := "email,name,role\nann@example.com,Ann A,front desk\nbo@example.com,Bo B,ÉQUIPE NUIT\ncy@example.com,Cy C,Technicien\ndi@example.com,Di D," + named.ID + "\n" //nolint:misspell // French
		expect(t, w.bring(csvimport.Technicians, file, csvimport.Options{SendInvitations: true}), csvimport.Counts{Create: 4})
		want := func(when string, roles map[string][2]string) {
			t.Helper()
			staff := w.staff()
			for name, x := range roles {
				if got := staff[name]; string(got.PlatformRole) != x[0] || got.OwnRoleID != x[1] {
					t.Errorf("%s: %s is %s %q", when, name, got.PlatformRole, got.OwnRole)
				}
			}
		}
		all := map[string][2]string{"ann": {"technician", front.ID}, "bo": {"manager", lead.ID}, "cy": {"technician", ""}, "di": {"read_only", named.ID}}
		want("made", all)
		if len(w.invited) != 4 {
			t.Errorf("invited: %v", w.invited)
		}
		server := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator)}, w.technicians.ExportRoutes)
		body := download(t, server, "/api/technicians.csv")
		if !strings.Contains(body, "Front Desk") || !strings.Contains(body, named.ID) {
			t.Fatal(body)
		}
		expect(t, w.bring(csvimport.Technicians, body, csvimport.Options{}), csvimport.Counts{Skip: 4})
		want("after the round trip", all)

		expect(t, w.bring(csvimport.Technicians, "email,name,role\nann@example.com,Ann A,technician\nbo@example.com,Bo B,technician\ncy@example.com,Cy C,Front  desk\n",
			csvimport.Options{}), csvimport.Counts{Skip: 1, Update: 1, Refused: 1})
		want("one of the four alone leaves the organization's own that is based on it, and takes away another", map[string][2]string{"ann": {"technician", front.ID}, "bo": {"technician", ""}})
		expect(t, w.bring(csvimport.Technicians, "email,name,role\nann@example.com,Ann A,équipe nuit\ncy@example.com,Cy C,FRONT DESK\n", csvimport.Options{}), csvimport.Counts{Update: 2})
		want("changed", map[string][2]string{"ann": {"manager", lead.ID}, "cy": {"technician", front.ID}})
	})
}

// Nobody brings in what they may not give, nor a platform role of a neighbour or one that is gone; the row says which field is wrong and what to do.
func TestAttack41AFileGivesNoOwnPlatformRoleBeyondOnesOwn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ownRole("Much", perm.Technician, perm.AdminAudit)
		theirs, err := w.bases.Create(w.Beside("Neighbour").Admin(), platformrole.Fields{Name: "Theirs", BasedOn: perm.Technician, Customers: engine.OwnCustomers})
		if err != nil {
			t.Fatal(err)
		}
		held := append(perm.Technician.Base().Permissions(), perm.AdminImport, perm.AdminTechnicians, perm.DeviceView)
		imports, err := w.bases.Create(w.Admin(), platformrole.Fields{Name: "Imports", BasedOn: perm.Technician, Customers: engine.EveryCustomer, Permissions: held})
		if err != nil {
			t.Fatal(err)
		}
		rita, err := w.technicians.Create(w.System(), technician.Fields{GivenName: "Rita", Email: "rita@example.com", OwnRoleID: imports.ID}, "")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.DB.Write(t.Context(), func(tx *store.Tx) error { return w.technicians.Activate(w.System(), tx, w.Org.ID, rita.ID) }); err != nil {
			t.Fatal(err)
		}
		w.actors[rita.ID] = w.Actor(rita.ID, perm.Technician)
		as := access.WithActor(t.Context(), w.actors[rita.ID])
		rejected := func(ctx context.Context, i csvimport.Import) csvimport.Result {
			t.Helper()
			found, _, err := w.Results(ctx, i.ID, csvimport.Refused, store.Page{Limit: 9})
			if err != nil || len(found) != 1 {
				t.Fatalf("%+v, %v in %+v", found, err, i)
			}
			return found[0]
		}
		rejects := func(ctx context.Context, role string) csvimport.Result {
			t.Helper()
			up, err := w.Upload(ctx, csvimport.Technicians, "x.csv", strings.NewReader("email,name,role\nzed@example.com,Zed Nil,"+role+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Check(ctx, up.ID); err != nil {
				t.Fatal(err)
			}
			return rejected(ctx, w.settled(up.ID))
		}
		for role, code := range map[string]string{"Theirs": "csvimport.role_unknown", theirs.ID: "csvimport.role_unknown", "Gone": "csvimport.role_unknown"} {
			if r := rejects(w.Admin(), role); r.Reason != code || r.Field != "role" || !strings.Contains(r.Message, role) || !strings.Contains(r.Message, "your organization made") || r.Line != 2 {
				t.Errorf("%s: %+v", role, r)
			}
		}
		if r := rejects(as, "much"); r.Reason != "access.beyond_own" || r.Field != "role" {
			t.Errorf("more than they hold: %+v", r)
		}
		if r := rejects(as, "manager"); r.Reason != "technician.ceiling" || r.Field != "role" {
			t.Errorf("one of the four: %+v", r)
		}
		// What was there when the file was checked may be gone, or have grown, when it is brought in.
		little, grows := w.ownRole("Little", perm.Technician), w.ownRole("Grows", perm.Technician)
		for name, x := range map[string]struct {
			meanwhile func() error
			code      string
		}{
			"Little": {func() error {
				return w.bases.Delete(w.Admin(), little.ID, func(platformrole.Role) error { return nil })
			}, "csvimport.role_unknown"},
			"Grows": {func() error {
				_, err := w.bases.Update(w.Admin(), grows.ID, func(r platformrole.Role) (platformrole.Fields, error) {
					r.Permissions = []perm.Permission{perm.AdminAudit}
					return r.Fields, nil
				})
				return err
			}, "access.beyond_own"},
		} {
			up, err := w.Upload(as, csvimport.Technicians, "x.csv", strings.NewReader("email,name,role\nzed@example.com,Zed Nil,"+name+"\n"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Check(as, up.ID); err != nil {
				t.Fatal(err)
			}
			expect(t, w.settled(up.ID), csvimport.Counts{Create: 1})
			if err := x.meanwhile(); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Apply(as, up.ID); err != nil {
				t.Fatal(err)
			}
			if r := rejected(as, w.settled(up.ID)); r.Reason != x.code || r.Field != "role" {
				t.Errorf("%s: %+v", name, r)
			}
		}
		if _, ok := w.staff()["zed"]; ok {
			t.Error("somebody was made")
		}
	})
}
