package grant_test

import (
	"context"
	"testing"
	"time"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/engine"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/device"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/grant"
	"countersign.dev/countersign/internal/grant/granttest"
	"countersign.dev/countersign/internal/httpapi"
	"countersign.dev/countersign/internal/role"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/team"
)

// refused says whether somebody was refused because they would give what they do not hold, or for longer.
func refused(err error) bool {
	return fault.KindOf(err) == fault.Denied && (fault.CodeOf(err) == "access.beyond_own" || fault.CodeOf(err) == "access.outlives_own")
}

// Attack 41: whoever manages technicians gives, to themselves or a friend or a team, what they do not hold, on a wider scope, or for longer.
func TestAttack41NobodyGivesWhatTheyDoNotHold(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme, beta := w.Customer("Acme"), w.Customer("Beta")
		site := w.Group("Site", acme, "")
		floor := w.Group("Floor", "", site)
		pc := w.Device("PC", floor)
		may := w.Administers("may", acme)
		friend := w.Technician("friend", perm.Technician, acme, beta)
		both := w.Team("Both", []string{may.ID, friend.ID}, []string{acme})
		screens := w.Role("Screens", perm.Devices, perm.DeviceScreenView)
		w.Give(granttest.Technician(may.ID), screens, granttest.On(engine.DeviceGroup, site))
		terminal, wake := w.Role("Terminal", perm.Devices, perm.DeviceTerminal), w.Role("Nothing yet", perm.Devices)
		tickets, money := w.Role("Tickets", perm.Customers, perm.TicketEdit), w.Role("Money", perm.Customers, perm.InvoiceView)
		for name, tc := range map[string]struct {
			role role.Role
			on   engine.Target
			may  bool
		}{
			"what they hold there":         {screens, granttest.On(engine.DeviceGroup, site), true},
			"below":                        {screens, granttest.On(engine.DeviceGroup, floor), true},
			"on one device":                {screens, granttest.On(engine.Device, pc), true},
			"at the whole customer":        {screens, granttest.On(engine.Customer, acme), false},
			"everywhere":                   {screens, granttest.On(engine.AllDevices, ""), false},
			"at another customer":          {screens, granttest.On(engine.Customer, beta), false},
			"something else":               {terminal, granttest.On(engine.Device, pc), false},
			"a role of the system":         {w.System("Full device access"), granttest.On(engine.Device, pc), false},
			"an empty role":                {wake, granttest.On(engine.DeviceGroup, site), true},
			"what the platform role gives": {tickets, granttest.On(engine.Customer, acme), true},
			"that at all customers":        {tickets, granttest.On(engine.AllCustomers, ""), false},
			"what the platform role lacks": {money, granttest.On(engine.Customer, acme), false},
			"the audit log":                {w.System("Auditor"), granttest.On(engine.Organization, ""), false},
			"their own administration":     {w.System("Team administrator"), granttest.On(engine.Organization, ""), true},
			"everybody’s invitations":      {w.System("All invitations"), granttest.On(engine.QuickSupport, ""), false},
		} {
			for whom, to := range map[string]grant.Subject{"themselves": granttest.Technician(may.ID), "a friend": granttest.Technician(friend.ID), "their team": granttest.Team(both)} {
				err := give(w.Act(may), w, to, tc.role, tc.on)
				if code := fault.CodeOf(err); tc.may && err != nil && code != "grant.exists" || !tc.may && !refused(err) && pointer(err) != "/scope/id" {
					t.Errorf("%s to %s: %v", name, whom, err)
				}
			}
		}
		if n := w.Audited("grant.create", audit.Denied); n == 0 {
			t.Error("no refusal is in the record")
		}
	})
}

// Attack 41: a role that one has, or that somebody has, grows by what its editor lacks.
func TestAttack41ARoleDoesNotGrowBeyondItsEditor(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		may := w.Administers("may", w.Customer("Acme"))
		own, tickets := w.Role("Own", perm.Administration, perm.AdminTechnicians), w.Role("Tickets", perm.Customers, perm.TicketView, perm.InvoiceView)
		w.Give(granttest.Technician(may.ID), own, granttest.On(engine.Organization, ""))
		edit := func(r role.Role, permissions ...perm.Permission) error {
			return second(w.Roles.Update(w.Act(may), r.ID, func(r role.Role) (role.Fields, error) {
				f := r.Fields
				f.Permissions = permissions
				return f, nil
			}))
		}
		for name, err := range map[string]error{
			"a new role":              second(w.Roles.Create(w.Act(may), role.Fields{Name: "N", Purpose: perm.Administration, Permissions: []perm.Permission{perm.AdminAudit}})),
			"a new role of devices":   second(w.Roles.Create(w.Act(may), role.Fields{Name: "N", Purpose: perm.Devices, Permissions: []perm.Permission{perm.DeviceView}})),
			"a new role of customers": second(w.Roles.Create(w.Act(may), role.Fields{Name: "N", Purpose: perm.Customers, Permissions: []perm.Permission{perm.TicketEdit}})), // not at all customers
			"their own role":          edit(own, perm.AdminTechnicians, perm.AdminSettings),
			"others’ role":            edit(tickets, perm.TicketView, perm.InvoiceView, perm.CustomerEdit),
		} {
			if !refused(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, err := range map[string]error{
			"what they hold":   edit(own, perm.AdminTechnicians, perm.AdminRoles),
			"less":             edit(tickets, perm.TicketView),
			"a role like that": second(w.Roles.Create(w.Act(may), role.Fields{Name: "N", Purpose: perm.Administration, Permissions: []perm.Permission{perm.AdminRoles}})),
		} {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := w.Audited("role.update", audit.Denied) + w.Audited("role.create", audit.Denied); n != 5 {
			t.Errorf("%d refusals in the record", n)
		}
	})
}

// Attack 41: single permissions and what everybody has by default go no further than grants.
func TestAttack41OverridesAndDefaultsStayBelowTheCeiling(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		may, keep := w.Administers("may", acme), func(int64) error { return nil }
		me := granttest.Technician(may.ID)
		for name, err := range map[string]error{
			"an allow":      second(w.SetAs(w.Act(may), me, granttest.Override(grant.Allow, perm.DeviceTerminal, granttest.On(engine.Customer, acme)))),
			"of customers":  second(w.SetAs(w.Act(may), me, granttest.Override(grant.Allow, perm.CustomerEdit, granttest.On(engine.Customer, acme)))),
			"a default":     second(w.Grants.SetDefaults(w.Act(may), acme, []perm.Permission{perm.DeviceView}, keep)),
			"an everywhere": second(w.Grants.SetDefaults(w.Act(may), "", []perm.Permission{perm.TicketEdit}, keep)),
		} {
			if !refused(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := second(w.SetAs(w.Act(may), me, granttest.Override(grant.Allow, perm.TicketEdit, granttest.On(engine.Customer, acme)))); err != nil {
			t.Error("what they hold", err)
		}
		if err := second(w.Grants.SetDefaults(w.Act(may), acme, []perm.Permission{perm.TicketEdit}, keep)); err != nil {
			t.Error("what they hold", err)
		}
		// What is there already stays, also in the hands of somebody who lacks it.
		w.Set(me, granttest.Override(grant.Allow, perm.InvoiceView, granttest.On(engine.Customer, acme)))
		friend := granttest.Technician(w.Technician("friend", perm.Technician).ID)
		w.Set(friend, granttest.Override(grant.Allow, perm.CustomerEdit, granttest.On(engine.Customer, acme)))
		if err := second(w.SetAs(w.Act(may), friend, granttest.Override(grant.Allow, perm.CustomerEdit, granttest.On(engine.Customer, acme)), granttest.Override(grant.Allow, perm.TicketEdit, granttest.On(engine.Customer, acme)))); err != nil {
			t.Error("what is there", err)
		}
	})
}

// Attack 44: what somebody has for an hour, they do not give themselves for ever.
func TestAttack44NobodyGivesForLongerThanTheyHold(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		may := w.Administers("may", acme)
		r := w.Role("Wake", perm.Devices, perm.DeviceWake)
		end := store.Now().Add(time.Hour)
		_ = granttest.Must(w.Grants.Create(w.Boss(), grant.Fields{
			Subject: granttest.Technician(may.ID), RoleID: r.ID, On: granttest.On(engine.Customer, acme), Times: grant.Times{ExpiresAt: end},
		}))(t)
		friend := granttest.Technician(w.Technician("friend", perm.Technician, acme).ID)
		for name, tc := range map[string]struct {
			times grant.Times
			may   bool
		}{
			"for ever":        {grant.Times{}, false},
			"a moment longer": {grant.Times{ExpiresAt: end.Add(time.Microsecond)}, false},
			"afterwards":      {grant.Times{NotBefore: end.Add(time.Hour), ExpiresAt: end.Add(2 * time.Hour)}, false},
			"as long":         {grant.Times{ExpiresAt: end}, true},
			"shorter":         {grant.Times{NotBefore: end.Add(-20 * time.Minute), ExpiresAt: end.Add(-10 * time.Minute)}, true},
		} {
			err := second(w.Grants.Create(w.Act(may), grant.Fields{Subject: friend, RoleID: r.ID, On: granttest.On(engine.Customer, acme), Times: tc.times}))
			if tc.may && err != nil && fault.CodeOf(err) != "grant.exists" || !tc.may && fault.CodeOf(err) != "access.outlives_own" {
				t.Errorf("%s: %v", name, err)
			}
			o := granttest.Override(grant.Allow, perm.DeviceWake, granttest.On(engine.Customer, acme))
			o.Times = tc.times
			if err := second(w.SetAs(w.Act(may), friend, o)); tc.may != (err == nil) {
				t.Errorf("an override, %s: %v", name, err)
			}
		}
	})
}

// Attack 44: what somebody has for an hour does not stay in a role, nor among what everybody has.
func TestAttack44NothingBorrowedStaysInARole(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		may := w.Administers("may", acme)
		for _, on := range []engine.Target{granttest.On(engine.Organization, ""), granttest.On(engine.Customer, acme)} {
			r := w.System("Auditor")
			if on.Type == engine.Customer {
				r = w.Role("Wake", perm.Devices, perm.DeviceWake)
			}
			_ = granttest.Must(w.Grants.Create(w.Boss(), grant.Fields{
				Subject: granttest.Technician(may.ID), RoleID: r.ID, On: on, Times: grant.Times{ExpiresAt: store.Now().Add(time.Hour)},
			}))(t)
		}
		for name, err := range map[string]error{
			"a role":    second(w.Roles.Create(w.Act(may), role.Fields{Name: "N", Purpose: perm.Administration, Permissions: []perm.Permission{perm.AdminAudit}})),
			"a default": second(w.Grants.SetDefaults(w.Act(may), acme, []perm.Permission{perm.DeviceWake}, func(int64) error { return nil })),
		} {
			if fault.CodeOf(err) != "access.outlives_own" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// Attack 44: nobody lifts what was denied to themselves: not by sending less, not by a shorter time, not by way of a team, not before it begins.
func TestAttack44NobodyLiftsTheirOwnDeny(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		may := w.Administers("may", acme)
		boss2 := w.Technician("second", perm.Administrator)
		deny := granttest.Override(grant.Deny, perm.TicketEdit, granttest.On(engine.Customer, acme))
		soon := deny
		soon.NotBefore = store.Now().Add(time.Hour)
		short := deny
		short.ExpiresAt = store.Now().Add(time.Minute)
		for _, who := range []struct {
			name string
			ctx  context.Context
			id   string
		}{{"a manager of technicians", w.Act(may), may.ID}, {"an administrator", w.Act(boss2), boss2.ID}} {
			me := granttest.Technician(who.id)
			w.Set(me, deny, soon)
			crew := w.Team("Crew of "+who.name, []string{who.id}, nil)
			w.Set(granttest.Team(crew), deny)
			for name, err := range map[string]error{
				"lifts it":         second(w.SetAs(who.ctx, me, soon)),
				"lifts what comes": second(w.SetAs(who.ctx, me, deny)),
				"lifts all":        second(w.SetAs(who.ctx, me)),
				"makes it shorter": second(w.SetAs(who.ctx, me, short, soon)),
				"makes it smaller": second(w.SetAs(who.ctx, me, soon, granttest.Override(grant.Deny, perm.TicketView, granttest.On(engine.Customer, acme)))),
				"lifts the team’s": second(w.SetAs(who.ctx, granttest.Team(crew))),
				"ends the team":    w.Teams.Delete(who.ctx, crew, func(team.Team) error { return nil }),
			} {
				if fault.KindOf(err) != fault.Denied {
					t.Errorf("%s %s: %v", who.name, name, err)
				}
			}
			if err := second(w.SetAs(who.ctx, me, deny, soon, granttest.Override(grant.Deny, perm.TicketView, granttest.On(engine.Customer, acme)))); err != nil {
				t.Errorf("%s may not take more from themselves: %v", who.name, err)
			}
			w.Set(me)
			w.Set(granttest.Team(crew))
		}
	})
}

// To lift a deny is to give: whoever lacks the permission cannot, and a device that was hidden gives everything back at once.
func TestAttack44ADenyIsLiftedByWhoCouldGive(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		may, bo := w.Administers("may", acme), w.Technician("bo", perm.Technician, acme)
		w.Give(granttest.Technician(may.ID), w.Role("See", perm.Devices, perm.DeviceView), granttest.On(engine.Customer, acme))
		her, crew := granttest.Technician(bo.ID), w.Team("Crew", []string{bo.ID}, nil)
		for _, p := range []perm.Permission{perm.DeviceWake, perm.DeviceView} { // with the view comes the rest
			deny := granttest.Override(grant.Deny, p, granttest.On(engine.Customer, acme))
			w.Set(her, deny)
			w.Set(granttest.Team(crew), deny)
			for name, err := range map[string]error{
				"hers":               second(w.SetAs(w.Act(may), her)),
				"the team’s":         second(w.SetAs(w.Act(may), granttest.Team(crew))),
				"by ending the team": w.Teams.Delete(w.Act(may), crew, func(team.Team) error { return nil }),
				"by taking her out": second(w.Teams.Update(w.Act(may), crew, func(t team.Team) (team.Fields, error) {
					f := t.Fields
					f.MemberIDs = nil
					return f, nil
				})),
			} {
				if !refused(err) {
					t.Errorf("%s, %s: %v", p, name, err)
				}
			}
		}
		deny := granttest.Override(grant.Deny, perm.TicketEdit, granttest.On(engine.Customer, acme))
		w.Set(her, deny)
		if err := second(w.SetAs(w.Act(may), her)); err != nil {
			t.Error("what they could give", err)
		}
		if err := second(w.SetAs(w.Boss(), granttest.Team(crew))); err != nil {
			t.Error("the owner", err)
		}
	})
}

// Attack 45: nobody shuts out those above them, by a deny or by taking something away.
func TestAttack45NobodyShutsOutThoseAbove(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		may, admin := w.Administers("may"), w.Technician("admin", perm.Administrator)
		crew := w.Team("Crew", []string{admin.ID, may.ID}, nil)
		held := w.Give(granttest.Technician(admin.ID), w.System("Auditor"), granttest.On(engine.Organization, ""))
		deny := granttest.Override(grant.Deny, perm.AdminRoles, granttest.On(engine.Organization, ""))
		for name, err := range map[string]error{
			"a deny":        second(w.SetAs(w.Act(may), granttest.Technician(admin.ID), deny)),
			"a team’s deny": second(w.SetAs(w.Act(may), granttest.Team(crew), deny)),
			"a grant taken": w.Grants.Delete(w.Act(may), held.ID),
			"a grant given": give(w.Act(may), w, granttest.Technician(admin.ID), w.System("Team administrator"), granttest.On(engine.Organization, "")),
		} {
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := w.Guard.Holds(w.Act(admin), perm.AdminRoles); err != nil {
			t.Error(err)
		}
		// Administrators may do it to each other; the owner stays, whatever is denied to anybody.
		w.Set(granttest.Team(crew), deny)
		if err := w.Guard.Holds(w.Act(admin), perm.AdminRoles); err == nil {
			t.Error("the deny is not in force")
		}
		if err := w.Guard.Holds(w.Boss(), perm.AdminRoles); err != nil {
			t.Error(err)
		}
	})
}

// A page that was opened before a role, a group or a person went gives nothing; one that was opened before somebody else changed overrides changes
// none of them.
func TestAStalePageGivesNothing(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		site := w.Group("Site", acme, "")
		bo, cy := w.Technician("bo", perm.Technician, acme), w.Technician("cy", perm.Technician, acme)
		r, gone := w.Role("Wake", perm.Devices, perm.DeviceWake), w.Role("Gone", perm.Devices, perm.DeviceWake)
		opened := granttest.Must(w.Grants.Overrides(w.Boss(), grant.Technician, bo.ID))(t)
		crew := w.Team("Crew", nil, nil)
		if err := w.Roles.Delete(w.Boss(), gone.ID, "Gone", func(role.Role) error { return nil }); err != nil {
			t.Fatal(err)
		}
		again := w.Role("Gone", perm.Devices, perm.DeviceWake) // an old name revives nothing
		if err := w.Devices.DeleteGroup(w.Boss(), site, func(device.Group) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if err := w.Teams.Delete(w.Boss(), crew, func(team.Team) error { return nil }); err != nil {
			t.Fatal(err)
		}
		w.Set(granttest.Technician(bo.ID), granttest.Override(grant.Deny, perm.DeviceWake, granttest.On(engine.AllDevices, "")))
		for want, err := range map[string]error{
			"/role_id":    give(w.Boss(), w, granttest.Technician(cy.ID), gone, granttest.On(engine.AllDevices, "")),
			"/scope/id":   give(w.Boss(), w, granttest.Technician(cy.ID), r, granttest.On(engine.DeviceGroup, site)),
			"/subject/id": give(w.Boss(), w, granttest.Team(crew), r, granttest.On(engine.AllDevices, "")),
			"request.stale without a field": second(w.Grants.SetOverrides(w.Boss(), grant.Technician, bo.ID, nil, func(version int64) error {
				return httpapi.IfMatch(httpapi.ETag(opened.Version), version)
			})),
		} {
			if got := pointer(err); got != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		if found, _, err := w.Grants.List(w.Boss(), grant.Query{RoleID: again.ID, Page: store.Page{Limit: 10}}); err != nil || len(found) > 0 {
			t.Errorf("%v: %v", err, found)
		}
		if all, err := w.Grants.Overrides(w.Boss(), grant.Technician, bo.ID); err != nil || len(all.List) != 1 {
			t.Errorf("%v: %+v", err, all)
		}
	})
}

// A token's ceiling is a ceiling here too: one that manages technicians and no more gives nothing else.
func TestAttack41ATokenGivesNoMoreThanItsCeiling(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		a := w.ActorOf(w.Technician("admin", perm.Administrator))
		a.Kind, a.Ceiling = access.Token, perm.Set{perm.AdminTechnicians: true, perm.AdminRoles: true, perm.CustomerView: true}
		ctx := access.WithActor(t.Context(), a)
		bo := granttest.Technician(w.Technician("bo", perm.Technician, acme).ID)
		for name, err := range map[string]error{
			"a grant":     give(ctx, w, bo, w.Role("Wake", perm.Devices, perm.DeviceWake), granttest.On(engine.Customer, acme)),
			"a role":      second(w.Roles.Create(ctx, role.Fields{Name: "N", Purpose: perm.Administration, Permissions: []perm.Permission{perm.AdminAudit}})),
			"an override": second(w.SetAs(ctx, bo, granttest.Override(grant.Allow, perm.TicketEdit, granttest.On(engine.Customer, acme)))),
			"a default":   second(w.Grants.SetDefaults(ctx, acme, []perm.Permission{perm.TicketEdit}, func(int64) error { return nil })),
		} {
			if fault.KindOf(err) != fault.Denied {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := give(ctx, w, bo, w.Role("See", perm.Customers, perm.CustomerView), granttest.On(engine.Customer, acme)); err != nil {
			t.Error("what the token holds", err)
		}
	})
}

// What was given counts at once, and what was taken away too.
func TestWhatIsGivenCountsAtOnce(t *testing.T) {
	granttest.Each(t, func(t *testing.T, w *granttest.World) {
		acme := w.Customer("Acme")
		pc := w.Device("PC", w.Group("Site", acme, ""))
		bo := w.Technician("bo", perm.Technician, acme)
		sees := func() bool { return second(w.Devices.Find(w.Act(bo), pc)) == nil }
		if sees() {
			t.Error("a customer alone shows devices")
		}
		r := w.Role("Wake", perm.Devices, perm.DeviceWake)
		g := w.Give(granttest.Technician(bo.ID), r, granttest.On(engine.Customer, acme))
		if !sees() {
			t.Error("the grant does not count")
		}
		w.Set(granttest.Technician(bo.ID), granttest.Override(grant.Deny, perm.DeviceView, granttest.On(engine.Device, pc)))
		if sees() {
			t.Error("the deny does not count")
		}
		w.Set(granttest.Technician(bo.ID))
		if err := w.Grants.Delete(w.Boss(), g.ID); err != nil || sees() {
			t.Error("the grant still counts", err)
		}
		w.Give(granttest.Technician(bo.ID), r, granttest.On(engine.Customer, acme))
		if !sees() {
			t.Error("the second grant does not count")
		}
		if err := w.Roles.Delete(w.Boss(), r.ID, "Wake", func(role.Role) error { return nil }); err != nil || sees() {
			t.Error("a role that is gone still counts", err)
		}
		if err := second(w.Grants.SetDefaults(w.Boss(), acme, []perm.Permission{perm.DeviceView}, func(int64) error { return nil })); err != nil || !sees() {
			t.Error("the default does not count", err)
		}
	})
}
