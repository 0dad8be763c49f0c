package grant_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
)

const nobody = "00000000-0000-7000-8000-000000000000"

func second[T any](_ T, err error) error { return err }

// pointer is the field that a refusal names.
func pointer(err error) string {
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Kind == fault.Invalid && len(e.Fields) > 0 {
		return e.Fields[0].Pointer
	}
	return fmt.Sprint(fault.CodeOf(err), " without a field")
}

// give makes a grant and returns its error.
func give(ctx context.Context, w *granttest.World, to grant.Subject, r role.Role, on engine.Target) error {
	return second(w.Grants.Create(ctx, grant.Fields{Subject: to, RoleID: r.ID, On: on}))
}

func TestGrantsFitTheirScopes(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		group := w.Group("Site", acme, "")
		dev := w.Device("PC", group)
		bo := granttest.Technician(w.Technician("bo", perm.Technician).ID)
		roles := map[perm.Purpose]role.Role{
			perm.Devices: w.Role("D", perm.Devices, perm.DeviceWake), perm.Customers: w.Role("C", perm.Customers, perm.TicketView),
			perm.Invitations: w.Role("I", perm.Invitations, perm.InvitationOwn), perm.Administration: w.Role("A", perm.Administration, perm.AdminAudit),
		}
		targets := map[engine.Type]string{
			engine.Device: dev, engine.DeviceGroup: group, engine.Customer: acme, engine.AllDevices: "", engine.AllCustomers: "", engine.QuickSupport: "",
			engine.Organization: "",
		}
		fit := map[perm.Purpose][]engine.Type{
			perm.Devices:     {engine.Device, engine.DeviceGroup, engine.Customer, engine.AllDevices},
			perm.Customers:   {engine.Customer, engine.AllCustomers},
			perm.Invitations: {engine.QuickSupport}, perm.Administration: {engine.Organization},
		}
		for purpose, r := range roles {
			for on, id := range targets {
				g, err := w.Grants.Create(w.Boss(), grant.Fields{Subject: bo, RoleID: r.ID, On: granttest.On(on, id)})
				if slices.Contains(fit[purpose], on) {
					if err != nil || g.Scope.Type != on || g.Scope.ID != id || g.Purpose != purpose {
						t.Errorf("%s on %s: %v %+v", purpose, on, err, g)
					}
					if again, err := w.Grants.Find(w.Boss(), g.ID); err != nil || again.Scope != g.Scope || again.Subject.Name != "bo" || again.Role.Name != r.Name {
						t.Errorf("%s on %s: %v, read again %+v, want %+v", purpose, on, err, again, g)
					}
				} else if got := pointer(err); got != "/scope/type" {
					t.Errorf("%s on %s: %s", purpose, on, got)
				}
				err = second(w.SetAs(w.Boss(), bo, granttest.Override(grant.Deny, r.Permissions[0], granttest.On(on, id))))
				if slices.Contains(fit[purpose], on) {
					if err != nil {
						t.Errorf("an override of %s on %s: %v", purpose, on, err)
					}
				} else if got := pointer(err); got != "/overrides/0/scope/type" {
					t.Errorf("an override of %s on %s: %s", purpose, on, got)
				}
			}
		}
	})
}

func TestGrantsThatCannotBe(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		bo := w.Technician("bo", perm.Technician)
		r := w.Role("D", perm.Devices, perm.DeviceWake)
		now := time.Now()
		for name, tc := range map[string]struct {
			edit func(*grant.Fields)
			want string
		}{
			"no such subject":   {func(f *grant.Fields) { f.Subject.ID = nobody }, "/subject/id"},
			"no subject":        {func(f *grant.Fields) { f.Subject = grant.Subject{} }, "/subject/type"},
			"a team's id":       {func(f *grant.Fields) { f.Subject.Type = grant.Team }, "/subject/id"},
			"no such role":      {func(f *grant.Fields) { f.RoleID = nobody }, "/role_id"},
			"no role":           {func(f *grant.Fields) { f.RoleID = "x" }, "/role_id"},
			"no such customer":  {func(f *grant.Fields) { f.On.ID = nobody }, "/scope/id"},
			"a customer's id":   {func(f *grant.Fields) { f.On.Type = engine.Device }, "/scope/id"},
			"no scope":          {func(f *grant.Fields) { f.On = engine.Target{} }, "/scope/type"},
			"unknown scope":     {func(f *grant.Fields) { f.On = engine.Target{Type: "planet"} }, "/scope/type"},
			"a whole with id":   {func(f *grant.Fields) { f.On.Type = engine.AllDevices }, "/scope/id"},
			"over":              {func(f *grant.Fields) { f.ExpiresAt = now.Add(-time.Second) }, "/expires_at"},
			"turned round":      {func(f *grant.Fields) { f.NotBefore, f.ExpiresAt = now.Add(2*time.Hour), now.Add(time.Hour) }, "/not_before"},
			"of no length":      {func(f *grant.Fields) { f.NotBefore, f.ExpiresAt = now.Add(time.Hour), now.Add(time.Hour) }, "/not_before"},
			"in eleven years":   {func(f *grant.Fields) { f.ExpiresAt = now.AddDate(11, 0, 0) }, "/expires_at"},
			"begins in 11 year": {func(f *grant.Fields) { f.NotBefore = now.AddDate(11, 0, 0) }, "/not_before"},
			"from of old":       {func(f *grant.Fields) { f.NotBefore = now.AddDate(-11, 0, 0) }, "/not_before"},
			"a long reason":     {func(f *grant.Fields) { f.Reason = strings.Repeat("é", 501) }, "/reason"},
		} {
			want := grant.Fields{Subject: granttest.Technician(bo.ID), RoleID: r.ID, On: granttest.On(engine.Customer, acme)}
			tc.edit(&want)
			if got := pointer(second(w.Grants.Create(w.Boss(), want))); got != tc.want {
				t.Errorf("%s: %s, want %s", name, got, tc.want)
			}
		}
	})
}

func TestAGrantIsGivenOnceAtATime(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		bo, cy := w.Technician("bo", perm.Technician), w.Technician("cy", perm.Technician)
		r := w.Role("D", perm.Devices, perm.DeviceWake)
		now := store.Now()
		at := func(hours int) time.Time { return now.Add(time.Duration(hours) * time.Hour) }
		want := grant.Fields{Subject: granttest.Technician(bo.ID), RoleID: r.ID, On: granttest.On(engine.Customer, acme), Times: grant.Times{NotBefore: at(1), ExpiresAt: at(3)}}
		if err := second(w.Grants.Create(w.Boss(), want)); err != nil {
			t.Fatal(err)
		}
		for _, tc := range []struct {
			from, until time.Time
			taken       bool
		}{
			{at(1), at(3), true},
			{time.Time{}, time.Time{}, true},
			{time.Time{}, at(2), true},
			{at(2), time.Time{}, true},
			{time.Time{}, at(1), false},
			{at(3), time.Time{}, false},
		} {
			want.Times = grant.Times{NotBefore: tc.from, ExpiresAt: tc.until}
			g, err := w.Grants.Create(w.Boss(), want)
			if taken := fault.CodeOf(err) == "grant.exists"; taken != tc.taken || !taken && err != nil {
				t.Errorf("%v: %v", want.Times, err)
			}
			if err == nil {
				if err := w.Grants.Delete(w.Boss(), g.ID); err != nil {
					t.Error(err)
				}
			}
		}
		want.Times = grant.Times{}
		for name, edit := range map[string]func(*grant.Fields){
			"another's":     func(f *grant.Fields) { f.Subject = granttest.Technician(cy.ID) },
			"another role":  func(f *grant.Fields) { f.RoleID = w.Role("E", perm.Devices, perm.DeviceWake).ID },
			"another scope": func(f *grant.Fields) { f.On = granttest.On(engine.AllDevices, "") },
		} {
			other := want
			edit(&other)
			if err := second(w.Grants.Create(w.Boss(), other)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// The state is half-open: a grant is dead at its end, not after it.
func TestStates(t *testing.T) {
	now := time.Now()
	for _, tc := range []struct {
		times grant.Times
		want  grant.State
	}{
		{grant.Times{}, grant.Active},
		{grant.Times{NotBefore: now}, grant.Active},
		{grant.Times{NotBefore: now.Add(1)}, grant.Waiting},
		{grant.Times{ExpiresAt: now.Add(1)}, grant.Active},
		{grant.Times{ExpiresAt: now}, grant.Expired},
	} {
		if got := tc.times.StateAt(now); got != tc.want {
			t.Errorf("%+v: %s, want %s", tc.times, got, tc.want)
		}
	}
}

func TestListsOfGrants(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme, beta := w.Customer("Acme"), w.Customer("Beta")
		group := w.Group("Site", acme, "")
		dev := w.Device("PC", group)
		bo, cy := w.Technician("bo", perm.Technician, acme), w.Technician("cy", perm.Technician, acme)
		desk, field := w.Team("Desk", []string{bo.ID}, nil), w.Team("Field", []string{cy.ID}, nil)
		r, e := w.Role("D", perm.Devices, perm.DeviceWake), w.Role("E", perm.Customers, perm.TicketView)
		names := map[string]string{}
		for name, g := range map[string]grant.Grant{
			"bo dev":     w.Give(granttest.Technician(bo.ID), r, granttest.On(engine.Device, dev)),
			"bo group":   w.Give(granttest.Technician(bo.ID), r, granttest.On(engine.DeviceGroup, group)),
			"bo beta":    w.Give(granttest.Technician(bo.ID), e, granttest.On(engine.Customer, beta)),
			"cy all":     w.Give(granttest.Technician(cy.ID), r, granttest.On(engine.AllDevices, "")),
			"desk acme":  w.Give(granttest.Team(desk), e, granttest.On(engine.Customer, acme)),
			"field acme": w.Give(granttest.Team(field), r, granttest.On(engine.Customer, acme)),
		} {
			names[g.ID] = name
		}
		list := func(ctx context.Context, q grant.Query) (got []string) {
			for q.Limit = 2; ; {
				found, next, err := w.Grants.List(ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				for _, g := range found {
					name := names[g.ID]
					if g.Via {
						name += " via " + g.Subject.Name
					}
					if g.Scope.Name == "" && g.Scope.ID != "" {
						name += " somewhere"
					}
					got = append(got, name)
				}
				if q.Cursor = next; next == "" {
					slices.Sort(got)
					return got
				}
			}
		}
		for name, tc := range map[string]struct {
			ctx  context.Context
			q    grant.Query
			want []string
		}{
			"all":                {w.Boss(), grant.Query{}, []string{"bo beta", "bo dev", "bo group", "cy all", "desk acme", "field acme"}},
			"by age":             {w.Boss(), grant.Query{Sort: "created_at"}, []string{"bo beta", "bo dev", "bo group", "cy all", "desk acme", "field acme"}},
			"of one":             {w.Boss(), grant.Query{TechnicianID: bo.ID}, []string{"bo beta", "bo dev", "bo group"}},
			"of one by teams":    {w.Boss(), grant.Query{TechnicianID: bo.ID, Inherited: true}, []string{"bo beta", "bo dev", "bo group", "desk acme via Desk"}},
			"of a team":          {w.Boss(), grant.Query{TeamID: field}, []string{"field acme"}},
			"of a role":          {w.Boss(), grant.Query{RoleID: e.ID}, []string{"bo beta", "desk acme"}},
			"at a customer":      {w.Boss(), grant.Query{CustomerID: acme}, []string{"bo dev", "bo group", "desk acme", "field acme"}},
			"both":               {w.Boss(), grant.Query{CustomerID: acme, RoleID: e.ID}, []string{"desk acme"}},
			"none":               {w.Boss(), grant.Query{TechnicianID: nobody}, nil},
			"one's own":          {w.Act(bo), grant.Query{}, []string{"bo beta somewhere", "bo dev", "bo group", "desk acme"}},
			"not another's":      {w.Act(bo), grant.Query{TechnicianID: cy.ID, Inherited: true}, nil},
			"not another team's": {w.Act(bo), grant.Query{TeamID: field}, nil},
		} {
			if got := list(tc.ctx, tc.q); !slices.Equal(got, tc.want) {
				t.Errorf("%s: %v, want %v", name, got, tc.want)
			}
		}
		for id, name := range names {
			_, err := w.Grants.Find(w.Act(bo), id)
			if mine := strings.HasPrefix(name, "bo") || strings.HasPrefix(name, "desk"); mine != (err == nil) || !mine && fault.CodeOf(err) != "grant.not_found" {
				t.Errorf("bo reads %s: %v", name, err)
			}
			if err := w.Grants.Delete(w.Act(bo), id); fault.KindOf(err) != fault.Denied {
				t.Errorf("bo takes %s away: %v", name, err)
			}
		}
	})
}

func TestChangesOfAccessAreRecorded(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		bo := w.Technician("bo", perm.Technician)
		g := w.Give(granttest.Technician(bo.ID), w.Role("D", perm.Devices, perm.DeviceWake), granttest.On(engine.Customer, acme))
		if err := w.Grants.Delete(w.Boss(), g.ID); err != nil {
			t.Fatal(err)
		}
		w.Set(granttest.Technician(bo.ID), granttest.Override(grant.Deny, perm.DeviceWake, granttest.On(engine.Customer, acme)))
		w.Set(granttest.Technician(bo.ID), granttest.Override(grant.Deny, perm.DeviceWake, granttest.On(engine.Customer, acme))) // nothing new
		w.Set(granttest.Technician(bo.ID))
		if err := second(w.Grants.SetDefaults(w.Boss(), acme, []perm.Permission{perm.DeviceWake}, func(int64) error { return nil })); err != nil {
			t.Fatal(err)
		}
		for action, want := range map[string]int{"grant.create": 1, "grant.delete": 1, "grant.override": 2, "grant.default": 1} {
			if n := w.Audited(action, audit.Success); n != want {
				t.Errorf("%s: %d, want %d", action, n, want)
			}
		}
		if err := w.Grants.Delete(w.Boss(), g.ID); fault.CodeOf(err) != "grant.not_found" {
			t.Error(err)
		}
	})
}

// A role that is deleted while it is given: the grant fails, or goes with the role. Neither a grant without a role nor an error of ours remains.
func TestAttack41AGrantRacesTheEndOfItsRole(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		people := make([]string, 8)
		for i := range people {
			people[i] = w.Technician(fmt.Sprint("t", i), perm.Technician).ID
		}
		for round := range 5 {
			r := w.Role(fmt.Sprint("R", round), perm.Devices, perm.DeviceWake)
			var all sync.WaitGroup
			var mu sync.Mutex
			var refused []error
			for i, id := range people {
				all.Go(func() {
					if err := give(w.Boss(), w, granttest.Technician(id), r, granttest.On(engine.AllDevices, "")); err != nil {
						mu.Lock()
						defer mu.Unlock()
						refused = append(refused, err)
					}
				})
				if i == len(people)/2 {
					all.Go(func() {
						if err := w.Roles.Delete(w.Boss(), r.ID, r.Name, func(role.Role) error { return nil }); err != nil {
							t.Errorf("the role stays: %v", err)
						}
					})
				}
			}
			all.Wait()
			for _, err := range refused {
				if pointer(err) != "/role_id" {
					t.Error(err)
				}
			}
			if left, _, err := w.Grants.List(w.Boss(), grant.Query{RoleID: r.ID, Page: store.Page{Limit: 200}}); err != nil || len(left) > 0 {
				t.Errorf("%v: %d grants of a role that is gone", err, len(left))
			}
			if made, taken := w.Audited("grant.create", audit.Success), w.Audited("grant.delete", audit.Success); made != taken {
				t.Errorf("%d were made and %d taken away", made, taken)
			}
		}
	})
}

// Two who give the same role at once: one grant is made.
func TestTwoGiveTheSameAtOnce(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		bo, r := w.Technician("bo", perm.Technician), w.Role("D", perm.Devices, perm.DeviceWake)
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() {
				if err := give(w.Boss(), w, granttest.Technician(bo.ID), r, granttest.On(engine.AllDevices, "")); err != nil && fault.CodeOf(err) != "grant.exists" {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if found, _, err := w.Grants.List(w.Boss(), grant.Query{Page: store.Page{Limit: 200}}); err != nil || len(found) != 1 {
			t.Errorf("%v: %d grants", err, len(found))
		}
	})
}
