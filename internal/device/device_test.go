package device_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
)

type world struct {
	*organizationtest.World
	*device.Service
	customers *customer.Service
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		o := organizationtest.New(t, db, "Blue Harbor IT")
		fn(t, &world{o, device.New(db, o.Guard, o.Audit, o.Events), customer.New(db, o.Guard, o.Audit, o.Events)})
	})
}

func (w *world) customer(name string) string {
	w.T.Helper()
	c, err := w.customers.Create(w.Admin(), customer.Fields{Name: name})
	if err != nil {
		w.T.Fatal(err)
	}
	return c.ID
}

func (w *world) group(f device.GroupFields) device.Group {
	w.T.Helper()
	g, err := w.CreateGroup(w.Admin(), f)
	if err != nil {
		w.T.Fatal(err)
	}
	return g
}

func (w *world) add(f device.Fields) device.Device {
	w.T.Helper()
	d, err := w.Create(w.Admin(), f)
	if err != nil {
		w.T.Fatal(err)
	}
	return d
}

// grant gives a technician a role with a permission on a customer's devices.
func (w *world) grant(technicianID, permission, customerID string) {
	w.T.Helper()
	w.exec(`insert into role (org_id, id, name, name_key, description, purpose, permissions, sensitive, system, search_text, created_at, updated_at, version)
		values ($1, $2, $2, $2, '', 'devices', $3, '[]', false, '', 1, 1, 1) on conflict do nothing`, w.Org.ID, "role", `["`+permission+`"]`)
	w.exec(`insert into grant_role (org_id, id, technician_id, role_id, scope_type, customer_id, reason, created_by, created_at)
		values ($1, $2, $3, 'role', 'customer', $4, '', '', 1)`, w.Org.ID, id.New(), technicianID, customerID)
}

func (w *world) exec(statement string, args ...any) {
	w.T.Helper()
	if err := w.DB.Write(w.T.Context(), func(tx *store.Tx) error { _, err := tx.ExecContext(w.T.Context(), statement, args...); return err }); err != nil {
		w.T.Fatal(err)
	}
}

func (w *world) move(id string, change func(*device.GroupFields)) (device.Group, error) {
	return w.UpdateGroup(w.Admin(), id, func(g device.Group) (device.GroupFields, error) {
		change(&g.GroupFields)
		return g.GroupFields, nil
	})
}

func TestWhatIsInAGroupBelongsToItsCustomer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		north, south := w.customer("Northwind"), w.customer("Southwind")
		root := w.group(device.GroupFields{Name: "Office", CustomerID: north})
		below := w.group(device.GroupFields{Name: "Reception", ParentID: root.ID})
		if below.CustomerID != north || below.CustomerName != "Northwind" {
			t.Errorf("%+v", below)
		}
		d := w.add(device.Fields{Name: "FRONT-1", GroupID: below.ID})
		if d.CustomerID != north || d.GroupName != "Reception" || d.Platform != "other" {
			t.Errorf("%+v", d)
		}
		_, err := w.Create(w.Admin(), device.Fields{Name: "X", GroupID: below.ID, CustomerID: south})
		if fault.CodeOf(err) != "device.other_customer" {
			t.Error(err)
		}
		_, err = w.CreateGroup(w.Admin(), device.GroupFields{Name: "X", ParentID: root.ID, CustomerID: south})
		if fault.CodeOf(err) != "device.other_customer" {
			t.Error(err)
		}
		// The whole tree changes hands with its root.
		if _, err := w.move(root.ID, func(f *device.GroupFields) { f.CustomerID = south }); err != nil {
			t.Fatal(err)
		}
		if d, err = w.Find(w.Admin(), d.ID); err != nil || d.CustomerID != south {
			t.Errorf("%+v, %v", d, err)
		}
		other := w.group(device.GroupFields{Name: "Elsewhere", CustomerID: north})
		if below, err = w.move(below.ID, func(f *device.GroupFields) { f.ParentID = other.ID }); err != nil || below.CustomerID != north {
			t.Errorf("%+v, %v", below, err)
		}
		if d, err = w.Find(w.Admin(), d.ID); err != nil || d.CustomerID != north {
			t.Errorf("%+v, %v", d, err)
		}
	})
}

func TestGroupsNeverLieInThemselves(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.group(device.GroupFields{Name: "A"})
		b := w.group(device.GroupFields{Name: "B", ParentID: a.ID})
		c := w.group(device.GroupFields{Name: "C", ParentID: b.ID})
		for _, parent := range []string{a.ID, b.ID, c.ID} {
			if _, err := w.move(a.ID, func(f *device.GroupFields) { f.ParentID = parent }); fault.CodeOf(err) != "device.circle" {
				t.Error(err)
			}
		}
		deep := c
		for i := 4; i <= device.MaxDepth; i++ {
			deep = w.group(device.GroupFields{Name: fmt.Sprint(i), ParentID: deep.ID})
		}
		if _, err := w.CreateGroup(w.Admin(), device.GroupFields{Name: "too deep", ParentID: deep.ID}); fault.CodeOf(err) != "device.too_deep" {
			t.Error(err)
		}
		top := w.group(device.GroupFields{Name: "Top"})
		if _, err := w.move(a.ID, func(f *device.GroupFields) { f.ParentID = top.ID }); fault.CodeOf(err) != "device.too_deep" {
			t.Error(err)
		}
		if _, err := w.move(deep.ID, func(f *device.GroupFields) { f.ParentID = "" }); err != nil {
			t.Error(err)
		}
		if _, err := w.move(a.ID, func(f *device.GroupFields) { f.ParentID = top.ID }); err != nil {
			t.Error(err)
		}
	})
}

func TestDeletingAGroupMovesWhatIsInItUp(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.group(device.GroupFields{Name: "A"})
		b := w.group(device.GroupFields{Name: "B", ParentID: a.ID})
		c := w.group(device.GroupFields{Name: "C", ParentID: b.ID})
		d := w.add(device.Fields{Name: "D", GroupID: b.ID})
		for _, tc := range []struct{ remove, parent string }{{b.ID, a.ID}, {a.ID, ""}} {
			if err := w.DeleteGroup(w.Admin(), tc.remove, func(device.Group) error { return nil }); err != nil {
				t.Fatal(err)
			}
			gotC, err := w.FindGroup(w.Admin(), c.ID)
			gotD, err2 := w.Find(w.Admin(), d.ID)
			if err != nil || err2 != nil || gotC.ParentID != tc.parent || gotD.GroupID != tc.parent {
				t.Errorf("%+v, %+v, %v, %v", gotC, gotD, err, err2)
			}
		}
		if w.Audited("device_group.delete", audit.Success) != 2 {
			t.Error("not recorded")
		}
	})
}

func TestWhoSeesAndChangesDevices(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine, foreign := w.customer("Mine"), w.customer("Foreign")
		w.Assign("tech", mine)
		w.grant("tech", "device.terminal", mine)
		a, b, none := w.add(device.Fields{Name: "A", CustomerID: mine}), w.add(device.Fields{Name: "B", CustomerID: foreign}), w.add(device.Fields{Name: "N"})
		w.group(device.GroupFields{Name: "Mine", CustomerID: mine})
		w.group(device.GroupFields{Name: "Nobody's"})
		for _, role := range []perm.Role{perm.Manager, perm.Technician, perm.ReadOnly} {
			ctx := w.As("tech", role)
			found, _, err := w.List(ctx, device.Query{Page: store.Page{Limit: 50}})
			groups, _, err2 := w.Groups(ctx, device.GroupQuery{Page: store.Page{Limit: 50}})
			if err != nil || err2 != nil || len(found) != 1 || found[0].ID != a.ID || len(groups) != 1 {
				t.Errorf("%s sees %d devices, %d groups, %v, %v", role, len(found), len(groups), err, err2)
			}
			for _, id := range []string{b.ID, none.ID} {
				if _, err := w.Find(ctx, id); fault.KindOf(err) != fault.NotFound {
					t.Errorf("%s: %v", role, err)
				}
			}
			if _, err := w.Create(ctx, device.Fields{Name: "X", CustomerID: mine}); fault.CodeOf(err) != "access.denied" {
				t.Errorf("%s: %v", role, err)
			}
		}
	})
}

func TestDevicesAreFoundByWhatPeopleRemember(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.customer("Bücher Blau")
		root := w.group(device.GroupFields{Name: "Office", CustomerID: c})
		below := w.group(device.GroupFields{Name: "Réception", ParentID: root.ID})
		want := w.add(device.Fields{Name: "FRONT-1", GroupID: below.ID, Platform: "windows", Description: "Till"})
		w.add(device.Fields{Name: "OTHER"})
		for _, q := range []device.Query{{Text: "front"}, {Text: "till windows 1"}, {Text: "bucher till"}, {Text: "reception"}, {GroupID: root.ID}, {CustomerID: c}, {Platform: "windows"}} {
			q.Limit = 10
			found, _, err := w.List(w.Admin(), q)
			match := len(found) == 1 && found[0].ID == want.ID
			if err != nil || match == (q.Text == "till windows 1") {
				t.Errorf("%+v finds %d, %v", q, len(found), err)
			}
		}
	})
}

func TestTheRoutes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.customer("Northwind")
		s := w.Serve(map[string]access.Actor{"admin": w.Actor("admin", perm.Administrator)}, w.Routes)
		code, g, _ := s.Do("admin", "POST", "/api/device-groups", `{"name":"Office","parent_id":null,"customer_id":"`+c+`"}`)
		if code != http.StatusCreated || g["parent_id"] != nil || g["customer_id"] != c {
			t.Fatal(code, g)
		}
		code, d, head := s.Do("admin", "POST", "/api/devices", `{"name":"PC-1","group_id":"`+g["id"].(string)+`","platform":"linux"}`)
		if code != http.StatusCreated || d["customer_name"] != "Northwind" {
			t.Fatal(code, d)
		}
		path := "/api/devices/" + d["id"].(string)
		if code, d, _ = s.Do("admin", "PATCH", path, `{"group_id":null,"customer_id":null}`, "If-Match: "+head.Get("ETag")); code != 200 || d["group_id"] != nil || d["customer_id"] != nil {
			t.Error(code, d)
		}
		if code, d, _ = s.Do("admin", "PATCH", path, `{"name":"x"}`, "If-Match: "+head.Get("ETag")); code != http.StatusPreconditionFailed {
			t.Error(code, d)
		}
		if code, _, _ = s.Do("admin", "DELETE", path, ""); code != http.StatusNoContent {
			t.Error(code)
		}
	})
}

func TestListsArePagedWhateverTheirOrder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 7 {
			w.add(device.Fields{Name: fmt.Sprintf("PC-%d", i)})
		}
		for _, sort := range []string{"name", "-name", "created_at", "-created_at"} {
			var names []string
			q := device.Query{Sort: sort, Page: store.Page{Limit: 3}}
			for {
				found, next, err := w.List(w.Admin(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range found {
					names = append(names, d.Name)
				}
				if q.Cursor = next; next == "" {
					break
				}
			}
			if strings.HasPrefix(sort, "-") {
				slices.Reverse(names)
			}
			if !slices.IsSorted(names) || len(names) != 7 {
				t.Error(sort, names)
			}
		}
	})
}
