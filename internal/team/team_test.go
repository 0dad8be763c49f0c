package team_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"countersign.dev/countersign/internal/access"
	"countersign.dev/countersign/internal/access/perm"
	"countersign.dev/countersign/internal/audit"
	"countersign.dev/countersign/internal/customer"
	"countersign.dev/countersign/internal/fault"
	"countersign.dev/countersign/internal/id"
	"countersign.dev/countersign/internal/organization/organizationtest"
	"countersign.dev/countersign/internal/store"
	"countersign.dev/countersign/internal/store/storetest"
	"countersign.dev/countersign/internal/team"
	"countersign.dev/countersign/internal/technician"
)

// world is an organization with technicians, teams and customers.
type world struct {
	*organizationtest.World
	*team.Service
	technicians *technician.Service
	customers   []string
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	storetest.Each(t, func(t *testing.T, db *store.DB) { fn(t, open(t, db)) })
}

func open(t testing.TB, db *store.DB) *world {
	t.Helper()
	w := &world{World: organizationtest.New(t, db, "Blue Harbor IT")}
	w.technicians = technician.New(db, w.Guard, w.Audit, w.Events, technician.Hooks{
		Teams: func(ctx context.Context, tx *store.Tx, technicianID string, teamIDs []string) error {
			return w.Place(ctx, tx, technicianID, teamIDs)
		},
		Password: func(context.Context, string, technician.Technician) (technician.KeepPassword, error) {
			return func(context.Context, *store.Tx, string) error { return nil }, nil
		},
	})
	w.Service = team.New(db, w.Guard, w.Audit, w.Events, w.technicians)
	w.customers = w.addCustomers(3)
	return w
}

func (w *world) addCustomers(n int) (ids []string) {
	w.T.Helper()
	s := customer.New(w.DB, w.Guard, w.Audit, w.Events)
	for i := range n {
		c, err := s.Create(w.Admin(), customer.Fields{Name: fmt.Sprint("Customer ", i)})
		if err != nil {
			w.T.Fatal(err)
		}
		ids = append(ids, c.ID)
	}
	return ids
}

// add creates a technician who can sign in.
func (w *world) add(name string, role perm.Role) technician.Technician {
	w.T.Helper()
	t, err := w.technicians.Create(w.Admin(), technician.Fields{GivenName: name, Email: name + "@example.com", PlatformRole: role}, "temporary")
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

func (w *world) act(t technician.Technician) context.Context { return w.As(t.ID, t.PlatformRole) }

func (w *world) make(f team.Fields) team.Team {
	w.T.Helper()
	t, err := w.Create(w.Admin(), f)
	if err != nil {
		w.T.Fatal(err)
	}
	return t
}

// change applies one edit and returns the code of its error.
func (w *world) change(ctx context.Context, id string, edit func(*team.Fields)) string {
	_, err := w.Update(ctx, id, func(t team.Team) (team.Fields, error) {
		f := t.Fields
		f.MemberIDs, f.LeadIDs, f.CustomerIDs = slices.Clone(f.MemberIDs), slices.Clone(f.LeadIDs), slices.Clone(f.CustomerIDs)
		edit(&f)
		return f, nil
	})
	return fault.CodeOf(err)
}

// reached are the customers that a technician reaches now, asked in both ways there are.
func (w *world) reached(t technician.Technician) []string {
	w.T.Helper()
	scope, err := w.Guard.Customers(w.act(t), perm.ContactView)
	if err != nil && fault.KindOf(err) != fault.Denied {
		w.T.Fatal(err)
	}
	for _, c := range w.customers {
		if ok := w.Guard.Check(w.act(t), perm.ContactView, access.Object{CustomerID: c}) == nil; ok != scope.Has(c) {
			w.T.Errorf("customer %s: one way says %v, the other %v", c, ok, scope.Has(c))
		}
	}
	return scope.CustomerIDs
}

func second[T any](_ T, err error) error { return err }

func TestCustomersReachMembersAndLeads(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lead, member, other := w.add("lead", perm.Manager), w.add("member", perm.Technician), w.add("other", perm.Technician)
		desk := w.make(team.Fields{Name: "Desk", LeadIDs: []string{lead.ID}, MemberIDs: []string{member.ID}, CustomerIDs: w.customers[:2]})
		for _, p := range []technician.Technician{lead, member} {
			if got := w.reached(p); !slices.Equal(got, w.customers[:2]) {
				t.Errorf("%s reaches %v", p.GivenName, got)
			}
		}
		if got := w.reached(other); len(got) != 0 {
			t.Errorf("an outsider reaches %v", got)
		}
		w.Assign(member.ID, w.customers[1], w.customers[2])
		if got := w.reached(member); !slices.Equal(got, w.customers) {
			t.Errorf("directly and by team: %v", got)
		}
		if code := w.change(w.Admin(), desk.ID, func(f *team.Fields) { f.CustomerIDs = w.customers[2:] }); code != "" {
			t.Fatal(code)
		}
		if got := w.reached(lead); !slices.Equal(got, w.customers[2:]) {
			t.Errorf("after another customer: %v", got)
		}
		if code := w.change(w.Admin(), desk.ID, func(f *team.Fields) { f.LeadIDs = nil }); code != "" {
			t.Fatal(code)
		}
		if got := w.reached(lead); len(got) != 0 {
			t.Errorf("after leaving: %v", got)
		}
		if err := w.Delete(w.Admin(), desk.ID, func(team.Team) error { return nil }); err != nil {
			t.Fatal(err)
		}
		if got := w.reached(member); !slices.Equal(got, w.customers[1:]) {
			t.Errorf("without the team: %v", got)
		}
	})
}

// A technician who may not act reaches nothing, also where the question comes from work that was begun before.
func TestInactivePeopleOfATeamHaveNoRights(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		w.make(team.Fields{Name: "Desk", MemberIDs: []string{bo.ID}, CustomerIDs: w.customers})
		if got := w.reached(bo); len(got) != 3 {
			t.Fatalf("reaches %v", got)
		}
		if _, err := w.technicians.Suspend(w.Admin(), bo.ID, ""); err != nil {
			t.Fatal(err)
		}
		if got := w.reached(bo); len(got) != 0 {
			t.Errorf("suspended, but reaches %v", got)
		}
		found, _, err := w.List(w.Admin(), team.Query{TechnicianID: bo.ID, Page: store.Page{Limit: 5}})
		if err != nil || len(found) != 1 {
			t.Errorf("who is suspended has left the team: %v, %v", found, err)
		}
	})
}

func TestMembershipFromEitherSide(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		desk, field := w.make(team.Fields{Name: "Desk", CustomerIDs: w.customers[:1]}), w.make(team.Fields{Name: "Field", LeadIDs: []string{bo.ID}})
		place := func(ids ...string) string {
			return fault.CodeOf(second(w.technicians.Update(w.Admin(), bo.ID, func(t technician.Technician) (technician.Fields, error) {
				t.TeamIDs = ids
				return t.Fields, nil
			})))
		}
		if code := place(field.ID, desk.ID, desk.ID); code != "" {
			t.Fatal(code)
		}
		got, err := w.technicians.Find(w.Admin(), bo.ID)
		if want := []string{desk.ID, field.ID}; err != nil || !slices.Equal(got.TeamIDs, want) || got.Version != 3 {
			t.Errorf("in %v, want %v; version %d, %v", got.TeamIDs, want, got.Version, err)
		}
		f, err := w.Find(w.Admin(), field.ID)
		if err != nil || !slices.Equal(f.LeadIDs, []string{bo.ID}) || len(f.MemberIDs) != 0 {
			t.Errorf("a lead became %+v, %v", f.Fields, err)
		}
		d, err := w.Find(w.Admin(), desk.ID)
		if err != nil || !slices.Equal(d.MemberIDs, []string{bo.ID}) || d.Version != 2 {
			t.Errorf("%+v, %v", d, err)
		}
		if found, _, err := w.technicians.List(w.Admin(), technician.Query{TeamID: desk.ID, CustomerID: w.customers[0], Page: store.Page{Limit: 5}}); err != nil || len(found) != 1 {
			t.Errorf("the list of the team's and customer's people: %d, %v", len(found), err)
		}
		if code := place(); code != "" {
			t.Fatal(code)
		}
		if f, _ := w.Find(w.Admin(), field.ID); len(f.LeadIDs) != 0 {
			t.Error("still a lead")
		}
		if got := w.reached(bo); len(got) != 0 {
			t.Errorf("still reaches %v", got)
		}
		if code := place(id.New()); code != "technician.team_unknown" {
			t.Errorf("an unknown team: %s", code)
		}
		other := &world{World: w.Beside("Neighbour"), Service: w.Service, technicians: w.technicians}
		if theirs := other.make(team.Fields{Name: "Desk"}); place(theirs.ID) != "technician.team_unknown" {
			t.Error("a neighbour's team is known")
		}
	})
}

func TestWhatATeamIsMadeOf(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bo := w.add("bo", perm.Technician)
		desk := w.make(team.Fields{Name: " Desk ", Description: "First line"})
		other := &world{World: w.Beside("Neighbour"), technicians: w.technicians}
		stranger := other.add("eve", perm.Technician)
		for name, tc := range map[string]struct {
			fields  team.Fields
			code    string
			pointer string
		}{
			"no name":              {team.Fields{Name: " "}, "request.invalid", "/name"},
			"a name that is taken": {team.Fields{Name: "DESK"}, "team.name_taken", "/name"},
			"an unknown member":    {team.Fields{Name: "A", MemberIDs: []string{id.New()}}, "team.technician_unknown", "/member_ids/0"},
			"an unknown lead":      {team.Fields{Name: "A", LeadIDs: []string{id.New()}, MemberIDs: []string{bo.ID}}, "team.technician_unknown", "/lead_ids/0"},
			"a neighbour's person": {team.Fields{Name: "A", MemberIDs: []string{stranger.ID}}, "team.technician_unknown", "/member_ids/0"},
			"an unknown customer":  {team.Fields{Name: "A", CustomerIDs: []string{id.New()}}, "team.customer_unknown", "/customer_ids/0"},
			"more than there is":   {team.Fields{Name: "A", CustomerIDs: make([]string, 5001)}, "request.invalid", "/customer_ids"},
			"everything there is":  {team.Fields{Name: "B", LeadIDs: []string{bo.ID, bo.ID}, MemberIDs: []string{bo.ID}, CustomerIDs: w.customers}, "", ""},
		} {
			got, err := w.Create(w.Admin(), tc.fields)
			if fault.CodeOf(err) != tc.code {
				t.Errorf("%s: %v, want %s", name, err, tc.code)
				continue
			}
			if e, ok := errors.AsType[*fault.Error](err); ok && e.Fields[0].Pointer != tc.pointer {
				t.Errorf("%s: at %s, want %s", name, e.Fields[0].Pointer, tc.pointer)
			}
			if err == nil && (len(got.LeadIDs) != 1 || len(got.CustomerIDs) != 3) {
				t.Errorf("%s: %+v", name, got)
			}
		}
		if code := w.change(w.Admin(), desk.ID, func(f *team.Fields) { f.Name = "b" }); code != "team.name_taken" {
			t.Errorf("renamed to a taken name: %q", code)
		}
		if code := w.change(w.Admin(), desk.ID, func(*team.Fields) {}); code != "" {
			t.Error(code)
		}
		if got, _ := w.Find(w.Admin(), desk.ID); got.Version != 1 || got.Name != "Desk" {
			t.Errorf("no change is a change: %+v", got)
		}
		if n := w.Audited("team.create", audit.Success); n != 2 {
			t.Errorf("%d creations recorded", n)
		}
		for q, want := range map[string]int{"desk": 1, "first": 1, "nothing": 0, "": 2} {
			if found, _, err := w.List(w.Admin(), team.Query{Text: q, Page: store.Page{Limit: 9}}); err != nil || len(found) != want {
				t.Errorf("%q: %d, %v; want %d", q, len(found), err, want)
			}
		}
		if err := w.technicians.Delete(w.Admin(), bo.ID, func(technician.Technician) error { return nil }); fault.CodeOf(err) != "technician.still_active" {
			t.Error(err)
		}
	})
}

func TestListPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 9 {
			w.make(team.Fields{Name: fmt.Sprint("Team ", i)})
		}
		for _, sort := range []string{"", "-name", "created_at", "-created_at"} {
			seen, cursor := map[string]bool{}, ""
			for range 5 {
				found, next, err := w.List(w.Admin(), team.Query{Sort: sort, Page: store.Page{Limit: 4, Cursor: cursor}})
				if err != nil {
					t.Fatal(err)
				}
				for _, f := range found {
					seen[f.ID] = true
				}
				if cursor = next; next == "" {
					break
				}
			}
			if len(seen) != 9 || cursor != "" {
				t.Errorf("sorted by %q: %d of 9", sort, len(seen))
			}
		}
	})
}

// Managers change the members of the teams that they lead, and nothing else (PEO-10).
func TestManagersOfTeams(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lead, bo, cy := w.add("lead", perm.Manager), w.add("bo", perm.Technician), w.add("cy", perm.ReadOnly)
		boss, deputy := w.add("boss", perm.Administrator), w.add("deputy", perm.Technician)
		desk := w.make(team.Fields{Name: "Desk", LeadIDs: []string{lead.ID, deputy.ID}, MemberIDs: []string{bo.ID}, CustomerIDs: w.customers[:1]})
		far := w.make(team.Fields{Name: "Far", MemberIDs: []string{lead.ID}, CustomerIDs: w.customers[2:]})
		narrow := w.Actor(lead.ID, perm.Manager)
		narrow.Kind, narrow.Ceiling = access.Token, perm.Set{perm.CustomerView: true, perm.ContactView: true}
		for _, tc := range []struct {
			name string
			ctx  context.Context
			team string
			edit func(*team.Fields)
			want string
		}{
			{"adds a member", w.act(lead), desk.ID, func(f *team.Fields) { f.MemberIDs = append(f.MemberIDs, cy.ID) }, ""},
			{"takes a member out", w.act(lead), desk.ID, func(f *team.Fields) { f.MemberIDs = []string{cy.ID} }, ""},
			{"renames it", w.act(lead), desk.ID, func(f *team.Fields) { f.Name = "Mine" }, "team.not_lead"},
			{"adds a customer", w.act(lead), desk.ID, func(f *team.Fields) { f.CustomerIDs = append(f.CustomerIDs, w.customers[2]) }, "team.not_lead"},
			{"takes a customer away", w.act(lead), desk.ID, func(f *team.Fields) { f.CustomerIDs = nil }, "team.not_lead"},
			{"adds a lead", w.act(lead), desk.ID, func(f *team.Fields) { f.LeadIDs = append(f.LeadIDs, bo.ID) }, "team.not_lead"},
			{"takes the other lead out", w.act(lead), desk.ID, func(f *team.Fields) { f.LeadIDs = []string{lead.ID} }, "team.not_lead"},
			{"adds an administrator", w.act(lead), desk.ID, func(f *team.Fields) { f.MemberIDs = append(f.MemberIDs, boss.ID) }, "technician.above"},
			{"adds somebody unknown", w.act(lead), desk.ID, func(f *team.Fields) { f.MemberIDs = append(f.MemberIDs, id.New()) }, "team.technician_unknown"},
			{"changes a team of others", w.act(lead), far.ID, func(f *team.Fields) { f.MemberIDs = append(f.MemberIDs, bo.ID) }, "team.not_lead"},
			{"leads as a technician", w.act(deputy), desk.ID, func(f *team.Fields) { f.MemberIDs = append(f.MemberIDs, bo.ID) }, "team.not_lead"},
			{"sees no other team", w.act(bo), far.ID, func(f *team.Fields) { f.MemberIDs = nil }, "team.not_found"},
			{"uses a narrow token", access.WithActor(t.Context(), narrow), desk.ID, func(f *team.Fields) { f.MemberIDs = append(f.MemberIDs, bo.ID) }, "team.not_lead"},
		} {
			if code := w.change(tc.ctx, tc.team, tc.edit); code != tc.want {
				t.Errorf("%s: %q, want %q", tc.name, code, tc.want)
			}
		}
		if got, _ := w.Find(w.Admin(), desk.ID); !slices.Equal(got.MemberIDs, []string{cy.ID}) || got.Name != "Desk" {
			t.Errorf("%+v", got.Fields)
		}
		if code := fault.CodeOf(second(w.Create(w.act(lead), team.Fields{Name: "New"}))); code != "access.denied" {
			t.Errorf("a manager creates a team: %s", code)
		}
		if code := fault.CodeOf(w.Delete(w.act(lead), desk.ID, func(team.Team) error { return nil })); code != "access.denied" {
			t.Errorf("a manager deletes a team: %s", code)
		}
		if found, _, err := w.List(w.act(lead), team.Query{Page: store.Page{Limit: 9}}); err != nil || len(found) != 2 {
			t.Errorf("a manager sees %d teams, %v", len(found), err)
		}
		if found, _, err := w.List(w.act(bo), team.Query{Page: store.Page{Limit: 9}}); err != nil || len(found) != 0 {
			t.Errorf("somebody without a team sees %d, %v", len(found), err)
		}
		if n := w.Audited("team.update", audit.Denied); n < 9 {
			t.Errorf("%d refusals recorded", n)
		}
		people, _, err := w.People(w.act(lead), desk.ID, team.PeopleQuery{Everyone: true, Page: store.Page{Limit: 20}})
		if err != nil || len(people) != 5 {
			t.Fatalf("%d people, %v", len(people), err)
		}
		for _, p := range people {
			if want := p.ID != lead.ID && p.ID != boss.ID; p.MayMove != want {
				t.Errorf("%s may be moved: %v", p.GivenName, p.MayMove)
			}
		}
		if code := fault.CodeOf(errors.Join(third(w.People(w.act(cy), desk.ID, team.PeopleQuery{Everyone: true, Page: store.Page{Limit: 20}})))); code != "team.not_lead" {
			t.Errorf("a member asks for everybody: %s", code)
		}
	})
}

func third[T any](_ T, _ string, err error) error { return err }

func TestAttack44SelfPromotionByTeam(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		lead, admin := w.add("lead", perm.Manager), w.add("admin2", perm.Administrator)
		desk := w.make(team.Fields{Name: "Desk", LeadIDs: []string{lead.ID}, MemberIDs: []string{lead.ID}, CustomerIDs: w.customers[:1]})
		far := w.make(team.Fields{Name: "Far", CustomerIDs: w.customers[1:]})
		narrow := w.Actor("token", perm.Administrator)
		narrow.Kind, narrow.Ceiling = access.Token, perm.Set{perm.AdminTechnicians: true}
		token := access.WithActor(t.Context(), narrow)
		join := func(id string) func(*team.Fields) {
			return func(f *team.Fields) { f.MemberIDs = append(f.MemberIDs, id) }
		}
		place := func(ctx context.Context, id string, teams ...string) string {
			return fault.CodeOf(second(w.technicians.Update(ctx, id, func(t technician.Technician) (technician.Fields, error) {
				t.TeamIDs = teams
				return t.Fields, nil
			})))
		}
		for name, got := range map[string][2]string{
			"a manager joins another team":          {w.change(w.act(lead), far.ID, join(lead.ID)), "team.not_found"},
			"a manager leaves as a member":          {w.change(w.act(lead), desk.ID, func(f *team.Fields) { f.MemberIDs = nil }), ""},
			"an administrator joins a team":         {w.change(w.act(admin), far.ID, join(admin.ID)), "technician.self"},
			"an administrator founds a team":        {fault.CodeOf(second(w.Create(w.act(admin), team.Fields{Name: "Own", LeadIDs: []string{admin.ID}}))), "technician.self"},
			"an administrator's own teams":          {place(w.act(admin), admin.ID, far.ID), "technician.self"},
			"a manager places themselves":           {place(w.act(lead), lead.ID, far.ID), "access.denied"},
			"a narrow token hands out a team":       {w.change(token, far.ID, join(lead.ID)), "team.beyond"},
			"a narrow token places somebody":        {place(token, lead.ID, desk.ID, far.ID), "technician.team_unknown"},
			"a narrow token gives a team customers": {w.change(token, desk.ID, func(f *team.Fields) { f.CustomerIDs = w.customers }), "team.customer_unknown"},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %q, want %q", name, got[0], got[1])
			}
		}
		if got := w.reached(lead); !slices.Equal(got, w.customers[:1]) {
			t.Errorf("the manager reaches %v", got)
		}
	})
}

// Whoever changes a team and whoever changes a technician of it at the same time both get what they wanted, and nobody waits for ever.
func TestBothSidesAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var people []technician.Technician
		var teams []team.Team
		for i := range 4 {
			people = append(people, w.add(fmt.Sprint("p", i), perm.Technician))
			teams = append(teams, w.make(team.Fields{Name: fmt.Sprint("Team ", i)}))
		}
		var wg sync.WaitGroup
		var done atomic.Int32
		for i := range 4 {
			wg.Go(func() {
				if code := w.change(w.Admin(), teams[i].ID, func(f *team.Fields) { f.MemberIDs = append(f.MemberIDs, people[(i+1)%4].ID) }); code != "" {
					t.Error(code)
				}
				done.Add(1)
			})
			wg.Go(func() {
				_, err := w.technicians.Update(w.Admin(), people[i].ID, func(t technician.Technician) (technician.Fields, error) {
					t.TeamIDs = append(slices.Clone(t.TeamIDs), teams[(i+2)%4].ID)
					return t.Fields, nil
				})
				if err != nil {
					t.Error(err)
				}
				done.Add(1)
			})
		}
		wg.Wait()
		for i, p := range people {
			got, err := w.technicians.Find(w.Admin(), p.ID)
			if err != nil || len(got.TeamIDs) != 2 {
				t.Errorf("person %d is in %v, %v", i, got.TeamIDs, err)
			}
		}
	})
}
