package device_test

import (
	"fmt"
	"slices"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/store"
)

// all pages through a list.
func (w *world) all(actor access.Actor, q device.Query) (names []string) {
	w.T.Helper()
	for range 100 {
		q.Page = store.Page{Limit: 50, Cursor: q.Cursor}
		found, next, err := w.List(access.WithActor(w.T.Context(), actor), q)
		if err != nil {
			w.T.Fatal(err)
		}
		if len(found) > 50 || next != "" && len(found) < 50 {
			w.T.Fatalf("a page of %d, and more to come: %q", len(found), next)
		}
		for _, d := range found {
			names = append(names, d.Name)
		}
		if next == "" {
			return names
		}
		q.Cursor = next
	}
	w.T.Fatal("the list has no end")
	return nil
}

// A list is complete, also where most of what is there may not be seen, and where somebody may see so much that it is not named.
func TestListsAreWhatWasGrantedAndComplete(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine, foreign := w.customer("Mine"), w.customer("Foreign")
		groups := map[string]string{}
		for _, customer := range []string{mine, foreign} {
			for _, name := range []string{"a", "b"} {
				g := w.group(device.GroupFields{Name: name, CustomerID: customer})
				groups[customer+name] = g.ID
			}
		}
		want := map[string][]string{}
		for i := range 640 {
			customer, in := mine, "a"
			if i%2 == 1 {
				customer = foreign
			}
			if i%16 < 2 {
				in = "b"
			}
			name := fmt.Sprintf("pc %03d", i)
			w.exec(`insert into device (org_id, id, group_id, customer_id, name, sort_name, platform, description, search_text, created_at, updated_at, version)
				values ($1, $2, $3, $4, $5, $5, 'linux', '', $5, 1, 1, 1)`, w.Org.ID, id.New(), groups[customer+in], customer, name)
			want[""] = append(want[""], name)
			want[customer+in] = append(want[customer+in], name)
		}
		admin := w.Actor("admin", perm.Administrator)
		if got := w.all(admin, device.Query{}); !slices.Equal(got, want[""]) {
			t.Errorf("an administrator sees %d devices", len(got))
		}

		// A technician with a group of few devices, then with all of their customer.
		w.Assign("tech", mine)
		tech := w.Actor("tech", perm.Technician)
		w.exec(`insert into role (org_id, id, name, name_key, description, purpose, permissions, sensitive, system, search_text, created_at, updated_at, version)
			values ($1, 'role', 'r', 'r', '', 'devices', '["device.chat"]', '[]', false, '', 1, 1, 1)`, w.Org.ID)
		w.exec(`insert into grant_role (org_id, id, technician_id, role_id, scope_type, group_id, reason, created_by, created_at)
			values ($1, 'g1', 'tech', 'role', 'device_group', $2, '', '', 1)`, w.Org.ID, groups[mine+"b"])
		w.exec(`insert into grant_role (org_id, id, technician_id, role_id, scope_type, customer_id, reason, created_by, created_at)
			values ($1, 'g2', 'tech', 'role', 'customer', $2, '', '', 1)`, w.Org.ID, foreign) // waits for the customer
		if got := w.all(tech, device.Query{}); !slices.Equal(got, want[mine+"b"]) {
			t.Errorf("a technician with one group sees %v, not %v", got, want[mine+"b"])
		}
		if got := w.all(tech, device.Query{Text: "pc 000"}); !slices.Equal(got, []string{"pc 000"}) {
			t.Errorf("a search finds %v", got)
		}

		// An administrator to whom one group is denied: more than are named, and some of them not.
		w.Assign("boss")
		w.exec(`update technician set platform_role = 'administrator' where org_id = $1 and id = 'boss'`, w.Org.ID)
		w.exec(`insert into grant_override (org_id, id, technician_id, effect, permission, scope_type, group_id, created_by, created_at)
			values ($1, 'o', 'boss', 'deny', 'device.view', 'device_group', $2, '', 1)`, w.Org.ID, groups[foreign+"a"])
		var but []string
		for _, name := range want[""] {
			if !slices.Contains(want[foreign+"a"], name) {
				but = append(but, name)
			}
		}
		boss := w.Actor("boss", perm.Administrator)
		if got := w.all(boss, device.Query{}); !slices.Equal(got, but) {
			t.Errorf("an administrator without one group sees %d devices, not %d", len(got), len(but))
		}
		seen, _, err := w.Groups(access.WithActor(t.Context(), boss), device.GroupQuery{Page: store.Page{Limit: 50}})
		if err != nil || len(seen) != 3 {
			t.Errorf("and %d groups, %v", len(seen), err)
		}
	})
}

// ACC-12: who manages devices must not get rights on one by moving it to where they have them.
func TestAMoveIsNoGrant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		mine := w.customer("Mine")
		open, shut := w.group(device.GroupFields{Name: "Open", CustomerID: mine}), w.group(device.GroupFields{Name: "Shut", CustomerID: mine})
		till := w.add(device.Fields{Name: "Till", GroupID: shut.ID})
		below := w.group(device.GroupFields{Name: "Below", ParentID: shut.ID})
		w.Assign("tech", mine)
		for name, role := range map[string]struct{ purpose, permissions string }{
			"sees": {"devices", `["device.view"]`}, "full": {"devices", `["device.view", "device.terminal"]`}, "keeps": {"administration", `["admin.devices"]`},
		} {
			w.exec(`insert into role (org_id, id, name, name_key, description, purpose, permissions, sensitive, system, search_text, created_at, updated_at, version)
				values ($1, $2, $2, $2, '', $3, $4, '[]', false, '', 1, 1, 1)`, w.Org.ID, name, role.purpose, role.permissions)
		}
		const give = `insert into grant_role (org_id, id, technician_id, role_id, scope_type, group_id, reason, created_by, created_at) values ($1, $2, 'tech', $3, $4, $5, '', '', 1)`
		w.exec(give, w.Org.ID, "g1", "sees", "device_group", shut.ID)
		w.exec(give, w.Org.ID, "g2", "full", "device_group", open.ID)
		w.exec(give, w.Org.ID, "g3", "keeps", "organization", nil)
		tech := w.As("tech", perm.Technician)
		_, err := w.Update(tech, till.ID, func(d device.Device) (device.Fields, error) { d.GroupID = open.ID; return d.Fields, nil })
		if fault.CodeOf(err) != "access.beyond_own" {
			t.Errorf("a device was moved to where its mover has a terminal: %v", err)
		}
		_, err = w.UpdateGroup(tech, below.ID, func(g device.Group) (device.GroupFields, error) { g.ParentID = open.ID; return g.GroupFields, nil })
		if fault.CodeOf(err) != "access.beyond_own" {
			t.Errorf("a group was moved to where its mover has a terminal: %v", err)
		}
		if d, err := w.Find(w.Admin(), till.ID); err != nil || d.GroupID != shut.ID {
			t.Errorf("the device lies in %s, %v", d.GroupID, err)
		}
		_, err = w.Update(tech, till.ID, func(d device.Device) (device.Fields, error) { d.GroupID = below.ID; return d.Fields, nil })
		if err != nil {
			t.Errorf("a move that gives nothing: %v", err)
		}
	})
}
